"""The judges of the exercises: a module for each lesson. What they are made of stands in helpers/judging.py."""
