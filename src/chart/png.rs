//! A picture in pixels: the SVG rendered at double size with the embedded typeface and no other.

use std::sync::{Arc, LazyLock};

use resvg::{tiny_skia, usvg};

use super::error::ChartError;
use super::text::{REGULAR, SEMI_BOLD};

const PIXELS_PER_PX: f32 = 2.0;

static FONTS: LazyLock<Arc<usvg::fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = usvg::fontdb::Database::new();
    for font in [REGULAR, SEMI_BOLD] {
        fonts.load_font_source(usvg::fontdb::Source::Binary(Arc::new(font)));
    }
    Arc::new(fonts)
});

/// Renders `svg` to PNG bytes.
///
/// # Errors
/// The text is not SVG, or the picture does not fit in memory.
pub fn render(svg: &str) -> Result<Vec<u8>, ChartError> {
    let fail = |what: String| ChartError::file("drawing", what);
    let options =
        usvg::Options { fontdb: FONTS.clone(), font_family: "Inter".to_owned(), ..usvg::Options::default() };
    let tree = usvg::Tree::from_str(svg, &options).map_err(|error| fail(error.to_string()))?;
    let size = tree.size().to_int_size().scale_by(PIXELS_PER_PX).ok_or_else(|| fail("no size".into()))?;
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height())
        .ok_or_else(|| fail(format!("{} × {} pixels do not fit in memory", size.width(), size.height())))?;
    let scale = tiny_skia::Transform::from_scale(PIXELS_PER_PX, PIXELS_PER_PX);
    resvg::render(&tree, scale, &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| fail(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::canvas::{Anchor, Canvas};
    use super::super::theme::{LABEL, TICK, Type};
    use super::*;

    fn dark_pixels(text: &str, style: Type) -> usize {
        let mut canvas = Canvas::new();
        canvas.text(text, (20.0, 40.0), style, Anchor::Start).unwrap();
        let png = render(&canvas.finish(60.0, "t", "d")).unwrap();
        let pixels = tiny_skia::Pixmap::decode_png(&png).unwrap();
        assert_eq!((pixels.width(), pixels.height()), (2400, 120));
        pixels.pixels().iter().filter(|pixel| pixel.red() < 160).count()
    }

    #[test]
    fn both_weights_are_in_the_picture_without_any_system_font() {
        let regular = dark_pixels("rate limit 429", Type { bold: false, ..LABEL });
        let bold = dark_pixels("rate limit 429", LABEL);
        assert!(regular > 300 && bold as f64 > regular as f64 * 1.1, "{regular} {bold}");
        assert!(dark_pixels("漢", TICK) > 10, "a missing glyph shows as a mark");
    }
}
