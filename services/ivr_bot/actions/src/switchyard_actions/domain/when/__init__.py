"""Days and times as customers say them, in Chinese, English and both at once; and said back."""
