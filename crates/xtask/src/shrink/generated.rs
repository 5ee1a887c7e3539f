//! Shorter forms of what wasm-bindgen writes.

/// Returns the minified script of a module with arrow functions, and without variables that are
/// only returned. Other scripts are not changed.
pub(super) fn simplified(script: &str) -> String {
    if !script.contains(IMPORTS) {
        return script.to_owned();
    }
    let script = without_variables(script);
    let mut text = String::with_capacity(script.len());
    let mut parts = script.split(":function(");
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        match part.split_once("){") {
            // It passes on its `arguments`, which an arrow function does not have.
            Some((_, body)) if body.starts_with(CATCHING) => {
                text.push_str(":function(");
                text.push_str(&with_arrow(part));
            }
            Some((arguments, body)) => {
                text.push_str(&[":", &arrow(arguments), body].concat());
            }
            None => text.push_str(part),
        }
    }
    text
}

/// Returns the start of an arrow function.
fn arrow(arguments: &str) -> String {
    if arguments.is_empty() || arguments.contains(',') {
        ["(", arguments, ")=>{"].concat()
    } else {
        [arguments, "=>{"].concat()
    }
}

/// Turns the function within `){return handleError(function(arg0){` into an arrow function.
fn with_arrow(part: &str) -> String {
    let inner = part.split_once(&[CATCHING, "function("].concat());
    let inner = inner.and_then(|(before, behind)| Some((before, behind.split_once("){")?)));
    match inner {
        Some((before, (arguments, body))) => [before, CATCHING, &arrow(arguments), body].concat(),
        None => part.to_owned(),
    }
}

/// Replaces `const ret=x;return ret;` by `return x;`.
fn without_variables(script: &str) -> String {
    let mut text = String::with_capacity(script.len());
    let mut parts = script.split("const ret=");
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        match part.split_once(';') {
            Some((value, behind)) if behind.starts_with("return ret;") => {
                let behind = &behind["return ret;".len()..];
                text.push_str(&["return ", value, ";", behind].concat());
            }
            _ => text.push_str(&["const ret=", part].concat()),
        }
    }
    text
}

/// The function that a module's script begins with.
const IMPORTS: &str = "__wbg_get_imports";

const CATCHING: &str = "return handleError(";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_become_arrows() {
        let script = "function __wbg_get_imports(){return{a:function(arg0){const ret=arg0.b;\
            return ret;},c:function(){return handleError(function(arg0,arg1){arg0.d(arg1);},\
            arguments);},e:function(arg0){const ret=arg0.f;return isLikeNone(ret)?0:1;}};}";
        let expected = "function __wbg_get_imports(){return{a:arg0=>{return arg0.b;},\
            c:function(){return handleError((arg0,arg1)=>{arg0.d(arg1);},arguments);},\
            e:arg0=>{const ret=arg0.f;return isLikeNone(ret)?0:1;}};}";
        assert_eq!(simplified(script), expected);
    }

    #[test]
    fn other_scripts_stay_as_they_are() {
        let script = "const ret=1;return ret;x={a:function(){return this;}};";
        assert_eq!(simplified(script), script);
    }
}
