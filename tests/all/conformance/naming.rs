//! Which documents keep the name they are sent with, and what names may be.

use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, equal, holds, name, text};
use super::site::Site;

checks! {
    ALL, "5.2", "a Prompt DocType keeps the client's name" => prompt_keeps;
    ALL, "5.2", "a Prompt DocType keeps the client's name by insert_many too" => prompt_keeps_in_bulk;
    ALL, "5.2", "a Prompt DocType refuses a document without a name" => prompt_needs_a_name;
    ALL, "5.2", "`__newname` names a document of a Prompt DocType" => newname_on_prompt;
    ONLY_14, "14", "`__newname` names a document of any DocType" => newname_on_any;
    FROM_15, "14", "`__newname` is ignored outside Prompt" => newname_is_ignored;
    ALL, "5.2", "`field:` takes the field's value and ignores the client's name" => by_field;
    ALL, "5.2", "`field:` without a value is refused" => by_field_needs_a_value;
    ALL, "5.2", "`field:` with a value that is taken is 409 DuplicateEntryError" => by_field_taken;
    ALL, "5.2", "the field of a `field:` DocType is put back to the name by every save" => field_follows_name;
    ALL, "5.2", "`format:` counts for itself and ignores the client's name" => by_format;
    ALL, "5.2", "an old-style series counts up and ignores the client's name" => by_old_series;
    ALL, "5.2", "`naming_series:` counts up and ignores the client's name" => by_naming_series;
    ALL, "5.2", "`naming_series:` takes the series that the client chooses" => chosen_series;
    ALL, "5.2", "a series beyond the options is taken too" => unknown_series;
    ALL, "5.2", "hash ignores the client's name and gives ten characters" => by_hash;
    ALL, "5.2", "autoincrement ignores the client's name and gives a number" => by_number;
    ALL, "4.1", "a document with a number for a name is read and written under it" => number_in_the_address;
    ALL, "5.2", "a name that is taken is 409 DuplicateEntryError" => taken;
    ALL, "5.2", "a name that differs in case from a taken one is 409" => taken_in_other_case;
    ALL, "5.2", "a name that differs by accents from a taken one is 409" => taken_with_accents;
    ALL, "5.2", "a name with an angle bracket is 409 NameError" => angle_bracket;
    ALL, "5.2", "a name that begins like a new form is 409 NameError" => new_prefix;
    ALL, "5.2", "a name longer than 140 characters is 500" => too_long;
    ALL, "5.2", "space around a name is trimmed" => trimmed;
    ALL, "4.1", "names with slash, percent, hash, question mark and the like go both ways" => special_names;
    ALL, "4.1", "a GET in other case gives the document under its own spelling" => read_in_other_case;
    ALL, "4.1", "a PUT in other case writes the document under its own spelling" => written_in_other_case;
    ALL, "6.2", "a value that a unique field holds already is 417 UniqueValidationError" => unique_field;
    ALL, "6.2", "a unique field is compared without regard to case, on update too" => unique_on_update;
    ALL, "6.2", "empty values of a unique field do not collide" => empty_unique_field;
    ALL, "5.2", "deleting the newest of a series gives its name free again" => name_is_reused;
}

async fn prompt_keeps(site: &Site) -> Outcome {
    let given = site.unique("Given Name");
    let created = site
        .create(&site.doctype("Target"), json!({"name": given}))
        .await?;
    equal("name", name(&created)?, given)
}

async fn prompt_keeps_in_bulk(site: &Site) -> Outcome {
    let given = site.unique("Given Name");
    let doc = json!({"doctype": site.doctype("Target"), "name": given});
    let names = site
        .call("frappe.client.insert_many", json!({"docs": [doc]}))
        .await?;
    equal("names", names, json!([given]))
}

async fn prompt_needs_a_name(site: &Site) -> Outcome {
    let answer = site
        .try_create(&site.doctype("Target"), json!({"label": "l"}))
        .await?;
    answer.has_status(417)
}

async fn newname_on_prompt(site: &Site) -> Outcome {
    let given = site.unique("newname");
    let created = site
        .create(&site.doctype("Target"), json!({"__newname": given}))
        .await?;
    equal("name", name(&created)?, given)
}

async fn newname_on_any(site: &Site) -> Outcome {
    let given = site.unique("newname");
    let created = site
        .create(&site.doctype("Record"), json!({"__newname": given}))
        .await?;
    equal("name", name(&created)?, given)
}

async fn newname_is_ignored(site: &Site) -> Outcome {
    let given = site.unique("newname");
    let created = site
        .create(&site.doctype("Record"), json!({"__newname": given}))
        .await?;
    holds(name(&created)? != given, "another name is given")
}

/// The name that a document got which asked for another.
async fn named(site: &Site, kind: &str, mut fields: Value) -> Result<String, Failure> {
    let asked = site.unique("asked");
    fields["name"] = json!(asked);
    let created = site.create(&site.doctype(kind), fields).await?;
    holds(created["name"] != asked, "the client's name is ignored")?;
    Ok(match &created["name"] {
        Value::Number(number) => number.to_string(),
        _ => name(&created)?.to_owned(),
    })
}

/// The number at the end of a name, after its prefix.
fn counter(found: &str, prefix: &str) -> Result<u64, Failure> {
    found
        .strip_prefix(prefix)
        .filter(|digits| digits.len() == 4)
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| Failure::new(format!("`{found}` is not `{prefix}` with four digits")))
}

async fn by_field(site: &Site) -> Outcome {
    let code = site.unique("code");
    equal(
        "name",
        named(site, "Coded", json!({"code": code})).await?,
        code,
    )
}

async fn by_field_needs_a_value(site: &Site) -> Outcome {
    let answer = site
        .try_create(&site.doctype("Coded"), json!({"label": "l"}))
        .await?;
    answer.has_status(417)
}

async fn by_field_taken(site: &Site) -> Outcome {
    let code = site.unique("code");
    site.create(&site.doctype("Coded"), json!({"code": code}))
        .await?;
    let answer = site
        .try_create(&site.doctype("Coded"), json!({"code": code}))
        .await?;
    answer.refused(409, "DuplicateEntryError")
}

async fn field_follows_name(site: &Site) -> Outcome {
    let (doctype, code) = (site.doctype("Coded"), site.unique("code"));
    site.create(&doctype, json!({"code": code})).await?;
    let stored = site
        .update_and_read(&doctype, &code, json!({"code": "other"}))
        .await?;
    equal("code", text(&stored, "code")?, code)
}

async fn by_format(site: &Site) -> Outcome {
    let code = site.unique("f");
    let prefix = format!("FSC-{}-{code}-", site.letters());
    let first = named(site, "Formatted", json!({"code": code})).await?;
    let second = named(site, "Formatted", json!({"code": code})).await?;
    equal(
        "step",
        counter(&second, &prefix)? - counter(&first, &prefix)?,
        1,
    )
}

async fn by_old_series(site: &Site) -> Outcome {
    let prefix = format!("FSCS-{}-", site.letters());
    let first = named(site, "Serial", json!({})).await?;
    let second = named(site, "Serial", json!({})).await?;
    equal(
        "step",
        counter(&second, &prefix)? - counter(&first, &prefix)?,
        1,
    )
}

async fn by_naming_series(site: &Site) -> Outcome {
    let series = format!("FSCO-{}-", site.letters());
    let fields = json!({"naming_series": format!("{series}.####")});
    let first = named(site, "Order", fields.clone()).await?;
    let second = named(site, "Order", fields).await?;
    equal(
        "step",
        counter(&second, &series)? - counter(&first, &series)?,
        1,
    )
}

async fn chosen_series(site: &Site) -> Outcome {
    let series = format!("FSCP-{}-", site.letters());
    let fields = json!({"naming_series": format!("{series}.####")});
    counter(&named(site, "Order", fields).await?, &series)?;
    Ok(())
}

async fn unknown_series(site: &Site) -> Outcome {
    let series = format!("FSCX-{}-", site.letters());
    let fields = json!({"naming_series": format!("{series}.####")});
    counter(&named(site, "Order", fields).await?, &series)?;
    Ok(())
}

async fn by_hash(site: &Site) -> Outcome {
    equal(
        "length",
        named(site, "Record", json!({})).await?.chars().count(),
        10,
    )
}

async fn by_number(site: &Site) -> Outcome {
    let first = named(site, "Numbered", json!({})).await?;
    let created = site.create(&site.doctype("Numbered"), json!({})).await?;
    holds(created["name"].is_i64(), "the name is a number in JSON")?;
    equal(
        "the next",
        created["name"].as_i64(),
        first.parse().ok().map(|number: i64| number + 1),
    )
}

async fn number_in_the_address(site: &Site) -> Outcome {
    let doctype = site.doctype("Numbered");
    let number = named(site, "Numbered", json!({})).await?;
    let after = site
        .update_and_read(&doctype, &number, json!({"label": "l"}))
        .await?;
    equal("label", text(&after, "label")?, "l")?;
    equal("name", after["name"].as_i64(), number.parse().ok())
}

async fn second_of(site: &Site, first: &str, second: &str) -> Outcome {
    let doctype = site.doctype("Target");
    site.create(&doctype, json!({"name": first})).await?;
    let answer = site.try_create(&doctype, json!({"name": second})).await?;
    answer.refused(409, "DuplicateEntryError")
}

async fn taken(site: &Site) -> Outcome {
    let given = site.unique("taken");
    second_of(site, &given, &given).await
}

async fn taken_in_other_case(site: &Site) -> Outcome {
    let given = site.unique("taken");
    second_of(site, &given, &given.to_uppercase()).await
}

async fn taken_with_accents(site: &Site) -> Outcome {
    let given = site.unique("cafe");
    second_of(site, &given, &given.replace("cafe", "café")).await
}

async fn angle_bracket(site: &Site) -> Outcome {
    let given = site.unique("a<b");
    let answer = site
        .try_create(&site.doctype("Target"), json!({"name": given}))
        .await?;
    answer.refused(409, "NameError")
}

async fn new_prefix(site: &Site) -> Outcome {
    let doctype = site.doctype("Target");
    let given = format!("New {doctype} 1");
    site.try_create(&doctype, json!({"name": given}))
        .await?
        .refused(409, "NameError")
}

async fn too_long(site: &Site) -> Outcome {
    let given = format!("{}{}", site.unique("long"), "x".repeat(141));
    site.try_create(&site.doctype("Target"), json!({"name": given}))
        .await?
        .has_status(500)
}

async fn trimmed(site: &Site) -> Outcome {
    let given = site.unique("trim");
    let fields = json!({"name": format!("  {given} ")});
    equal(
        "name",
        name(&site.create(&site.doctype("Target"), fields).await?)?,
        given,
    )
}

async fn special_names(site: &Site) -> Outcome {
    let doctype = site.doctype("Target");
    let specials = [
        "a/b",
        "50%",
        "a%2Fb",
        "no #1",
        "what?",
        "q&a=1",
        "a+b",
        "\"quoted\" 'too'",
        "Ölçü 量",
    ];
    for special in specials {
        let given = site.unique(special);
        site.create(&doctype, json!({"name": given})).await?;
        let stored = site
            .update_and_read(&doctype, &given, json!({"label": special}))
            .await?;
        equal("name", name(&stored)?, given.as_str())?;
        equal("label", text(&stored, "label")?, special)?;
        site.delete(&doctype, &given).await?;
    }
    Ok(())
}

async fn read_in_other_case(site: &Site) -> Outcome {
    let doctype = site.doctype("Target");
    let given = site.unique("Mixed");
    site.create(&doctype, json!({"name": given})).await?;
    equal(
        "name",
        name(&site.read(&doctype, &given.to_uppercase()).await?)?,
        given,
    )
}

async fn written_in_other_case(site: &Site) -> Outcome {
    let doctype = site.doctype("Target");
    let given = site.unique("Mixed");
    site.create(&doctype, json!({"name": given})).await?;
    site.update(&doctype, &given.to_uppercase(), json!({"label": "l"}))
        .await?;
    let stored = site.read(&doctype, &given).await?;
    equal("label", text(&stored, "label")?, "l")?;
    equal("name", name(&stored)?, given)
}

async fn unique_field(site: &Site) -> Outcome {
    let (doctype, key) = (site.doctype("Record"), site.unique("key"));
    site.create(&doctype, json!({"unique_key": key})).await?;
    let answer = site
        .try_create(&doctype, json!({"unique_key": key}))
        .await?;
    answer.refused(417, "UniqueValidationError")
}

async fn unique_on_update(site: &Site) -> Outcome {
    let (doctype, key) = (site.doctype("Record"), site.unique("key"));
    site.create(&doctype, json!({"unique_key": key})).await?;
    let other = site.create(&doctype, json!({})).await?;
    let fields = json!({"unique_key": key.to_uppercase()});
    let answer = site.try_update(&doctype, name(&other)?, fields).await?;
    answer.refused(417, "UniqueValidationError")
}

async fn empty_unique_field(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    for _ in 0..2 {
        let stored = site
            .create_and_read(&doctype, json!({"unique_key": ""}))
            .await?;
        equal("unique_key", stored.get("unique_key"), None)?;
    }
    Ok(())
}

async fn name_is_reused(site: &Site) -> Outcome {
    let doctype = site.doctype("Serial");
    let first = named(site, "Serial", json!({})).await?;
    site.delete(&doctype, &first).await?;
    equal(
        "the next name",
        named(site, "Serial", json!({})).await?,
        first,
    )
}
