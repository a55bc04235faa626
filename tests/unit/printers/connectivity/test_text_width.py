"""Width of text in SVG."""

from __future__ import annotations

from calicoctl.printers.connectivity.text_width import text_width, truncate_text, wrap_text


def test_truncated_and_wrapped_text_fits() -> None:
    long = "profile/" + "a-very-long-name-" * 8
    assert text_width(truncate_text(long, 12, 100), 12) <= 100
    assert truncate_text("short", 12, 100) == "short"
    for text in (long, "tcp 1,2,3,4,5:10,11,12:900,1000,2000,3000,4000; udp 53 from port 1024:65535", ""):
        shown = wrap_text(text, 12, 120, 3)
        assert len(shown) <= 3
        assert all(text_width(line, 12) <= 120 for line in shown)
