package team

deny contains "never asked"
