// Choose a picture's focal point by clicking on it, and see at once what pages cut out around it.
// Without this script the two numbers are typed.

const across = document.querySelector("#id_focal_x");
const down = document.querySelector("#id_focal_y");
const chooser = document.querySelector("#id_file");
const CROPS = [["card-crop", 8 / 5], ["square-crop", 1]];

function make(name, className, parent) {
  const element = document.createElement(name);
  element.className = className;
  parent.append(element);
  return element;
}

function percentOf(field) {
  return Math.min(Math.max(Number(field.value) || 0, 0), 100);
}

// Where the cut begins, in percent of the room it has: its middle is the focal point, or as near as edges allow.
function begin(focal, length, cut) {
  if (length <= cut) return 50;
  return Math.min(Math.max((length * focal / 100 - cut / 2) / (length - cut), 0), 1) * 100;
}

function start() {
  let picture = document.querySelector(".focal-preview");
  const tool = document.createElement("div");
  tool.className = "focal-tool";
  if (picture) {
    picture.replaceWith(tool);
  } else {
    tool.hidden = true;
    document.querySelector(".field-focal_x").before(tool);
    picture = document.createElement("img");
    picture.className = "focal-preview";
    picture.alt = "";
  }
  const frame = make("div", "focal-frame", tool);
  frame.append(picture);
  const point = make("span", "focal-point", frame);
  make("span", "help", tool).textContent = "Click on what matters most. Where pages show only a part, it stays in:";
  const crops = make("div", "focal-crops", tool);
  const cuts = CROPS.map(([name, ratio]) => [make("img", name, crops), ratio]);
  for (const [cut] of cuts) cut.alt = "";

  function draw() {
    const [x, y] = [percentOf(across), percentOf(down)];
    point.style.left = `${x}%`;
    point.style.top = `${y}%`;
    const [width, height] = [picture.naturalWidth, picture.naturalHeight];
    for (const [cut, ratio] of cuts) {
      const left = begin(x, width, Math.min(width, height * ratio));
      const top = begin(y, height, Math.min(height, width / ratio));
      cut.style.objectPosition = `${left}% ${top}%`;
    }
  }

  function show(src) {
    for (const [cut] of cuts) cut.src = src;
    draw();
  }

  frame.addEventListener("click", (event) => {
    const box = picture.getBoundingClientRect();
    across.value = Math.round(Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1) * 100);
    down.value = Math.round(Math.min(Math.max((event.clientY - box.top) / box.height, 0), 1) * 100);
    draw();
  });
  across.addEventListener("input", draw);
  down.addEventListener("input", draw);
  picture.addEventListener("load", () => {
    tool.hidden = false;
    draw();
  });
  // A browser that cannot show the chosen file (HEIC) is no reason to show a broken picture.
  picture.addEventListener("error", () => { tool.hidden = true; });
  chooser.addEventListener("change", () => {
    if (!chooser.files.length) return;
    across.value = down.value = 50;
    picture.src = URL.createObjectURL(chooser.files[0]);
    show(picture.src);
  });
  if (picture.src) show(picture.currentSrc || picture.src);
}

if (across && down && chooser) start();
