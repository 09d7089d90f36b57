"""The command line of Switchyard: finds the commands that installed packages register."""
