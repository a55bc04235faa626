"""Rules of profiles and policies: checks, normal form, conversion to v3 and back."""
