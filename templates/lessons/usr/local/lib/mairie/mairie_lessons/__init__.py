"""Networks of classrooms: off the air by default, on for a lesson, off by themselves."""
