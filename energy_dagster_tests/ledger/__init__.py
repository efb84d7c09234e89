"""The promise of the lake and the warehouse: nothing lost, nothing torn, any point in time."""
