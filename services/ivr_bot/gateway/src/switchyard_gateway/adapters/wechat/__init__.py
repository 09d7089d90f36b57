"""WeChat official accounts: the calls that this process makes there."""
