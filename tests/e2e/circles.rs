//! The files of a crate depend on each other without circles, but for harmless ones, listed with their reason.
//!
//! A tie is a path from one file's code to an item of another. Methods, tests, and names that macros make are left out.

use crate::house::crates;
use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The circles that do no harm, and why.
const HARMLESS: &[(&str, &str)] = &[(
    "rule-core: outcome.rs pack.rs",
    "a pack holds its outcomes, and what an outcome says is looked up in its pack",
)];

/// A path of modules or to an item: `["pool", "queue"]`.
type Names = Vec<String>;

/// The modules of a crate.
type Modules = BTreeMap<Names, Module>;

/// One file.
#[derive(Default)]
struct Module {
    file: PathBuf,
    /// What it defines, outside of blocks.
    items: BTreeSet<String>,
    /// What `use` brings into it: a path and its name here (`*` for all of a module), and whether it is passed on.
    uses: Vec<(Names, String, bool)>,
    /// Paths elsewhere in its code, single names too.
    paths: BTreeSet<Names>,
}

/// Code as words and signs, without comments.
fn flatten(code: TokenStream, out: &mut Names) {
    let mut is_joint = false;
    for token in code {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    _ => ("(", ")"),
                };
                out.push(open.to_owned());
                flatten(group.stream(), out);
                out.push(close.to_owned());
            }
            TokenTree::Punct(sign) if is_joint && sign.as_char() == ':' => *out.last_mut().unwrap() = "::".to_owned(),
            TokenTree::Punct(sign) => {
                out.push(sign.to_string());
                is_joint = sign.as_char() == ':' && sign.spacing() == Spacing::Joint;
                continue;
            }
            TokenTree::Ident(word) => out.push(word.to_string()),
            TokenTree::Literal(_) => out.push("\"\"".to_owned()),
        }
        is_joint = false;
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// The end of the item that begins here: its semicolon, or its block.
fn end_of_item(tokens: &[String]) -> usize {
    let mut depth = 0;
    let ends = |token: &String| {
        depth += i32::from(["{", "(", "["].contains(&token.as_str()));
        depth -= i32::from(["}", ")", "]"].contains(&token.as_str()));
        depth == 0 && [";", "}"].contains(&token.as_str())
    };
    tokens.iter().position(ends).unwrap()
}

impl Module {
    fn read(file: PathBuf) -> Self {
        let mut tokens = Vec::new();
        flatten(fs::read_to_string(&file).unwrap().parse().unwrap(), &mut tokens);
        let mut module = Self {
            file,
            ..Self::default()
        };
        let (mut at, mut depth) = (0, 0);
        while at < tokens.len() {
            let rest = &tokens[at..];
            let starts = |text: &str| text.split(' ').zip(rest).all(|(a, b)| a == b);
            match rest[0].as_str() {
                "#" if starts("# [ cfg ( test") || starts("# [ cfg ( all ( test") => at += end_of_item(rest),
                "{" => depth += 1,
                "}" => depth -= 1,
                "use" => {
                    let is_public = at > 0 && ["pub", ")"].contains(&tokens[at - 1].as_str());
                    module.branch(rest, 1, &[], is_public);
                    at += end_of_item(rest);
                }
                "fn" | "struct" | "enum" | "union" | "trait" | "const" | "static" | "type" if depth == 0 => {
                    module.items.insert(rest[1].clone());
                }
                "macro_rules" => drop(module.items.insert(rest[2].clone())),
                word if is_name(word) && tokens[at.saturating_sub(1)] != "." => {
                    let steps = rest.chunks(2).take_while(|step| is_name(&step[0]));
                    let more = steps
                        .clone()
                        .take_while(|step| step.get(1).is_some_and(|sign| sign == "::"))
                        .count();
                    let path: Names = steps.take(more + 1).map(|step| step[0].clone()).collect();
                    at += 2 * (path.len() - 1);
                    module.paths.insert(path);
                }
                _ => {}
            }
            at += 1;
        }
        module
    }

    /// Reads one branch of a `use`, and returns its end.
    fn branch(&mut self, tokens: &[String], mut at: usize, prefix: &[String], is_public: bool) -> usize {
        let (mut path, mut name) = (prefix.to_vec(), None);
        loop {
            match tokens[at].as_str() {
                "::" => {}
                "{" => {
                    while tokens[at] != "}" {
                        at = self.branch(tokens, at + 1, &path, is_public);
                    }
                    return at + 1;
                }
                "," | "}" | ";" => break,
                "as" => (name, at) = (Some(tokens[at + 1].clone()), at + 1),
                "self" if !path.is_empty() => {}
                word => path.push(word.to_owned()),
            }
            at += 1;
        }
        if let Some(last) = path
            .last()
            .filter(|_| path.len() > prefix.len() || tokens[at - 1] == "self" || name.is_some())
        {
            let name = name.unwrap_or_else(|| last.clone());
            self.uses.push((path, name, is_public));
        }
        at
    }
}

/// The module that defines what a path names, as seen from a module.
fn find<'m>(modules: &'m Modules, from: &[String], path: &[String], steps: usize) -> Option<&'m Names> {
    let (first, rest) = path.split_first().filter(|_| steps > 0)?;
    let (here, _) = modules.get_key_value(from)?;
    let inner = [from, &path[..1]].concat();
    let find = |from: &[String], path: &[String]| find(modules, from, path, steps - 1);
    match first.as_str() {
        "crate" => return find(&[], rest),
        "super" => return find(&from[..from.len().checked_sub(1)?], rest),
        "self" => return find(from, rest),
        name if modules[here].items.contains(name) => return Some(here),
        _ if !rest.is_empty() && modules.contains_key(&inner) => return find(&inner, rest),
        _ => {}
    }
    modules[here]
        .uses
        .iter()
        .find_map(|(path, name, _)| match name.as_str() {
            "*" => find(
                from,
                &[&path[..path.len() - 1], std::slice::from_ref(first), rest].concat(),
            ),
            name if name == first && path.as_slice() != std::slice::from_ref(first) => {
                find(from, &[path, rest].concat())
            }
            _ => None,
        })
}

/// The modules that a module is tied to.
fn ties<'m>(modules: &'m Modules, of: &'m Names) -> BTreeSet<&'m Names> {
    let Module { uses, paths, .. } = &modules[of];
    // A re-export alone does not tie the module to what it passes on.
    let private = uses
        .iter()
        .filter(|(_, name, is_public)| !is_public && name != "*")
        .map(|(path, ..)| path);
    let all = private.chain(paths).filter_map(|path| find(modules, of, path, 12));
    // A part may use what the head of its folder defines, and the head its parts: they are one module.
    all.filter(|found| !of.starts_with(found)).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let entries = entries.filter(|path| path.file_stem().is_some_and(|name| name != "tests"));
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

fn modules(src: &Path) -> Modules {
    let files = files(src)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let module = |file: PathBuf| {
        let path = file.strip_prefix(src).unwrap().with_extension("");
        let mut names: Names = path.iter().map(|name| name.to_str().unwrap().to_owned()).collect();
        names.pop_if(|last| ["mod", "lib", "main"].contains(&last.as_str()));
        (names, Module::read(file))
    };
    files.map(module).collect()
}

/// The circles of a crate, each as the names of its files.
fn circles(src: &Path) -> BTreeSet<String> {
    let modules = modules(src);
    let ties: BTreeMap<&Names, BTreeSet<&Names>> = modules.keys().map(|name| (name, ties(&modules, name))).collect();
    let mut reached = ties.clone();
    for (from, seen) in &mut reached {
        let mut open: Vec<&Names> = ties[from].iter().copied().collect();
        while let Some(name) = open.pop() {
            open.extend(ties[name].iter().filter(|next| seen.insert(**next)));
        }
    }
    let circle = |name: &Names| {
        let members = reached[name].iter().filter(|other| reached[**other].contains(name));
        let members: Vec<_> = members
            .map(|member| modules[*member].file.strip_prefix(src).unwrap().display().to_string())
            .collect();
        (members.len() > 1).then(|| members.join(" "))
    };
    modules.keys().filter_map(circle).collect()
}

#[test]
fn no_file_depends_on_itself_by_way_of_others() {
    let mut found = BTreeSet::new();
    for (name, folder, _) in crates() {
        let circles = circles(&folder.join("src"));
        found.extend(circles.iter().map(|circle| format!("{name}: {circle}")));
    }
    let harmless: BTreeSet<String> = HARMLESS.iter().map(|(circle, _)| (*circle).to_owned()).collect();
    let new: Vec<_> = found.difference(&harmless).collect();
    assert!(
        new.is_empty(),
        "move what stands in the wrong file to one of its own: {new:#?}"
    );
    let gone: Vec<_> = harmless.difference(&found).collect();
    assert!(
        gone.is_empty(),
        "no circles any more, take them off the list: {gone:#?}"
    );
}
