//! What becomes of texts on their way into the database and out again.

use serde_json::json;

use super::check::checks;
use super::failure::{Outcome, equal, holds, name, text};
use super::site::Site;

checks! {
    ALL, "5.5", "a Data beyond 140 characters is 417 CharacterLengthExceededError" => data_too_long;
    ALL, "5.5", "a Data beyond its own length is 417 CharacterLengthExceededError" => data_beyond_length;
    ALL, "5.5", "a Data of exactly 140 characters is kept, counted in characters" => data_at_limit;
    ALL, "5.5", "a Small Text beyond 64 KiB is 500" => small_text_too_long;
    ALL, "5.5", "a script in a Data is escaped" => script_is_sanitised;
    ALL, "5.5", "beside markup an ampersand is escaped, and an open tag is closed" => markup_is_completed;
    ALL, "5.5", "event attributes in a Text Editor are dropped" => attributes_are_dropped;
    ALL, "5.5", "a Code is kept as it is" => code_is_kept;
    ONLY_14, "5.5", "a JSON object is stored as indented text" => json_is_indented;
    FROM_15, "5.5", "a JSON object is stored as compact text" => json_is_compact;
    ALL, "5.5", "a JSON list is 417" => json_list;
    ALL, "5.5", "text outside the basic plane goes both ways" => astral_text;
    ALL, "5.5", "line breaks and inner space of a Small Text are kept" => line_breaks;
    ALL, "5.5", "empty text is not null" => empty_text_is_kept;
    ALL, "5.5", "space around a Data is kept" => outer_space;
    ALL, "5.5", "carriage returns are kept" => carriage_returns;
    ALL, "5.5", "angle brackets and ampersands that are no markup are kept" => no_markup;
    ALL, "5.5", "quotes, backslashes and percent signs are kept" => quoting;
    ALL, "5.5", "a number sent for a Data is stored as its text" => number_as_text;
}

async fn data_too_long(site: &Site) -> Outcome {
    let fields = json!({"title": "x".repeat(141)});
    let answer = site.try_create(&site.doctype("Record"), fields).await?;
    answer.refused(417, "CharacterLengthExceededError")
}

async fn data_beyond_length(site: &Site) -> Outcome {
    let answer = site
        .try_create(&site.doctype("Record"), json!({"short": "12345678901"}))
        .await?;
    answer.refused(417, "CharacterLengthExceededError")
}

async fn data_at_limit(site: &Site) -> Outcome {
    let longest = "ü".repeat(140);
    equal(
        "title",
        site.stored("title", json!(longest)).await?,
        longest,
    )
}

async fn small_text_too_long(site: &Site) -> Outcome {
    site.refuses("memo", json!("x".repeat(65_536)), 500).await
}

async fn script_is_sanitised(site: &Site) -> Outcome {
    let found = site
        .stored("title", json!("a<script>alert(1)</script>b"))
        .await?;
    equal("title", found, "a&lt;script&gt;alert(1)&lt;/script&gt;b")
}

async fn markup_is_completed(site: &Site) -> Outcome {
    let found = site.stored("memo", json!("<b>bold</b> & <i>open")).await?;
    equal("memo", found, "<b>bold</b> &amp; <i>open</i>")
}

async fn attributes_are_dropped(site: &Site) -> Outcome {
    let found = site
        .stored("body", json!("<p onclick=\"alert(1)\">text</p>"))
        .await?;
    equal("body", found, "<p>text</p>")
}

async fn code_is_kept(site: &Site) -> Outcome {
    let sent = "if a < b && <b onclick=x>\n\treturn \"<script>\"";
    equal("script", site.stored("script", json!(sent)).await?, sent)
}

async fn json_is_indented(site: &Site) -> Outcome {
    let found = site
        .stored("payload", json!({"b": [1, 2], "a": "x"}))
        .await?;
    let found = found.as_str().unwrap_or_default();
    holds(
        found.starts_with("{\n") && found.find("\"a\"") < found.find("\"b\""),
        found,
    )
}

async fn json_is_compact(site: &Site) -> Outcome {
    let found = site
        .stored("payload", json!({"b": [1, 2], "a": "x"}))
        .await?;
    equal("payload", found, "{\"b\":[1,2],\"a\":\"x\"}")
}

async fn json_list(site: &Site) -> Outcome {
    site.refuses("payload", json!([1, 2]), 417).await
}

async fn astral_text(site: &Site) -> Outcome {
    let sent = "naïve 日本 🦀 e\u{301}";
    equal("title", site.stored("title", json!(sent)).await?, sent)
}

async fn line_breaks(site: &Site) -> Outcome {
    let sent = "one\n\n  two\tthree";
    equal("memo", site.stored("memo", json!(sent)).await?, sent)
}

async fn empty_text_is_kept(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let before = site
        .create_and_read(&doctype, json!({"title": "t", "memo": "m"}))
        .await?;
    let emptied = json!({"title": "", "memo": ""});
    let after = site
        .update_and_read(&doctype, name(&before)?, emptied)
        .await?;
    equal("title", text(&after, "title")?, "")?;
    equal("memo", text(&after, "memo")?, "")
}

async fn outer_space(site: &Site) -> Outcome {
    equal(
        "title",
        site.stored("title", json!("  two  ")).await?,
        "  two  ",
    )
}

async fn carriage_returns(site: &Site) -> Outcome {
    equal(
        "memo",
        site.stored("memo", json!("one\r\ntwo\r")).await?,
        "one\r\ntwo\r",
    )
}

async fn no_markup(site: &Site) -> Outcome {
    let sent = "3 < 4 & 5 > 2, a<b, R&D &amp; &lt;";
    equal("title", site.stored("title", json!(sent)).await?, sent)?;
    equal("memo", site.stored("memo", json!(sent)).await?, sent)
}

async fn quoting(site: &Site) -> Outcome {
    let sent = "it's \"so\" \\ 100% %s {{ x }} `y`; --";
    equal("title", site.stored("title", json!(sent)).await?, sent)
}

async fn number_as_text(site: &Site) -> Outcome {
    equal("title", site.stored("title", json!(12)).await?, "12")
}
