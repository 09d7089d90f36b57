"""What customers can get done, one flow a module."""
