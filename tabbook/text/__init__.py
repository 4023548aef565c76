"""Read sections: their text, cells and names; split and check them."""
