"""How texts are said with clips: numbers, amounts, days, times and numbers read digit by digit."""
