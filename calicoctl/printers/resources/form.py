"""Earlier name of `print_options`, for `flat`."""

from calicoctl.printers.resources.print_options import PrintOptions as ListingForm

__all__ = ["ListingForm"]
