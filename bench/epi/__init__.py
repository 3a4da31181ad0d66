"""Figures of the epidemiology library, beside R where it is installed."""
