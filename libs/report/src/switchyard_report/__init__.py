"""Reports in one HTML page with pictures, in Chinese and English."""
