"""How django-allauth is set: staff alone, by username, with second steps. `base` takes these over as they are."""

# Nobody signs up, nobody changes their address themselves, nothing is asked of another site.
ALLAUTH = {
    "ACCOUNT_ADAPTER": "clinic_site.signin.adapter.StaffAdapter",
    "ACCOUNT_LOGIN_METHODS": {"username"},
    "ACCOUNT_SIGNUP_FIELDS": ["username*", "password1*"],
    "ACCOUNT_EMAIL_VERIFICATION": "none",
    "ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS": False,
    "ACCOUNT_SESSION_REMEMBER": False,
    # Tries are counted in the database (signin.tries): allauth counts in a cache, which each process has its own of.
    "ACCOUNT_RATE_LIMITS": False,
    "MFA_RATE_LIMITS": False,
    # allauth's own one writes every address into a table of its own.
    "ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR": "django.contrib.auth.tokens.PasswordResetTokenGenerator",
    "ACCOUNT_REAUTHENTICATION_TIMEOUT": 15 * 60,
    "ACCOUNT_FORMS": {
        "login": "clinic_site.signin.forms.SignInForm",
        "reauthenticate": "clinic_site.signin.forms.PasswordAgainForm",
        "reset_password": "clinic_site.signin.forms.ResetForm",
        "reset_password_from_key": "clinic_site.signin.forms.ResetKeyForm",
    },
    "MFA_ADAPTER": "clinic_site.signin.adapter.SecondStepAdapter",
    "MFA_SUPPORTED_TYPES": ["recovery_codes", "totp", "webauthn"],
    "MFA_PASSKEY_LOGIN_ENABLED": True,
    "MFA_WEBAUTHN_USER_VERIFICATION": "required",
    "MFA_ALLOW_UNVERIFIED_EMAIL": True,
    "MFA_TOTP_PERIOD": 30,
    # One step of 30 seconds early or late: phones' clocks are not exact.
    "MFA_TOTP_TOLERANCE": 1,
    "MFA_RECOVERY_CODES_SHOW_ONCE": True,
    "MFA_FORMS": {
        "authenticate": "clinic_site.signin.forms.SecondStepForm",
        "reauthenticate": "clinic_site.signin.forms.SecondStepAgainForm",
        "activate_totp": "clinic_site.signin.forms.AddAppForm",
        "login_webauthn": "clinic_site.signin.passkeys.SignInByPasskeyForm",
        "authenticate_webauthn": "clinic_site.signin.passkeys.PasskeyForm",
        "reauthenticate_webauthn": "clinic_site.signin.passkeys.PasskeyAgainForm",
        "add_webauthn": "clinic_site.signin.passkeys.AddPasskeyForm",
    },
}
