-- For wrk: ask for the paths in PATHS in turn, with the cookie in COOKIE, and tell the figures as one line of JSON.
local paths, turn, threads = {}, 0, {}
for path in os.getenv("PATHS"):gmatch("%S+") do paths[#paths + 1] = path end
local cookie = os.getenv("COOKIE")
good, deliberate, bad = 0, 0, 0

function setup(thread) threads[#threads + 1] = thread end

function request()
  turn = turn + 1
  return wrk.format("GET", paths[turn % #paths + 1], cookie and { Cookie = cookie } or nil)
end

-- A 503 is deliberate when it says when to come back.
function response(status, headers)
  if status == 200 then good = good + 1
  elseif status == 503 and headers["Retry-After"] then deliberate = deliberate + 1
  else bad = bad + 1 end
end

function done(summary, latency)
  local total = { good = 0, deliberate = 0, bad = 0 }
  for _, thread in ipairs(threads) do
    for name, sum in pairs(total) do total[name] = sum + thread:get(name) end
  end
  local errors = summary.errors
  print(string.format(
    '{"seconds": %f, "good": %d, "deliberate": %d, "bad": %d, "p50": %f, "p99": %f, "max": %f}',
    summary.duration / 1e6, total.good, total.deliberate,
    total.bad + errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
