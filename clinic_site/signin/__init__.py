"""How staff sign in: django-allauth's account and mfa apps, and what this site asks on top of them."""
