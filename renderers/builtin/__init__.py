"""The renderers that come with the product. They are plugins like any other."""
