"""The judges of the exercises: a module for each lesson. How one is written stands in helpers/judging.py."""
