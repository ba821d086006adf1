//! Builds the guests with a separate cargo run and turns them into components.

use crate::{Outcome, variable};
use std::path::{Path, PathBuf};
use std::process::Command;
use wit_component::ComponentEncoder;

const TARGET: &str = "wasm32-unknown-unknown";
/// Package and library name of each guest.
const GUESTS: [(&str, &str); 3] = [
    ("cebridge-interpreter", "cebridge_interpreter"),
    ("cebridge-mapper-ceb", "cebridge_mapper_ceb"),
    ("cebridge-mapper-shop", "cebridge_mapper_shop"),
];

/// Builds every guest and writes it to `out` as `<library>.wasm`.
pub(crate) fn build(root: &Path, out: &Path) -> Outcome<()> {
    let workspace = root.join("plugins");
    watch(root, &workspace);
    install_target()?;
    println!("cargo::rustc-env=CEBRIDGE_GUEST_COMPILER={}", rustc(&["--version"])?);
    let target_dir = target_dir(out)?.join("guests");
    for (package, library) in GUESTS {
        compile(root, &workspace, package, &target_dir)?;
        let module = target_dir.join(TARGET).join("release").join(format!("{library}.wasm"));
        let module = std::fs::read(&module).map_err(|error| format!("{}: {error}", module.display()))?;
        if has_imports(&module)? {
            return Err(format!("{package} imports something; a plugin must need nothing").into());
        }
        let component = ComponentEncoder::default().validate(true).module(&module)?.encode()?;
        std::fs::write(out.join(format!("{library}.wasm")), component)?;
    }
    Ok(())
}

fn watch(root: &Path, workspace: &Path) {
    for file in ["Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", workspace.join(file).display());
    }
    for package in ["interpreter", "mapper-ceb", "mapper-shop", "sdk", "rule-core"] {
        for part in ["src", "Cargo.toml"] {
            println!(
                "cargo::rerun-if-changed={}",
                workspace.join(package).join(part).display()
            );
        }
    }
    println!(
        "cargo::rerun-if-changed={}",
        workspace.join("interpreter").join("build.rs").display()
    );
    println!("cargo::rerun-if-changed={}", root.join("wit").display());
}

/// Returns the folder that cargo marked as its target folder; check, clippy, test and release builds share it.
fn target_dir(out: &Path) -> Outcome<PathBuf> {
    let marked = out.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    let found = marked.or_else(|| out.ancestors().nth(4));
    found
        .map(Path::to_owned)
        .ok_or_else(|| format!("{} is in no target folder", out.display()).into())
}

fn compile(root: &Path, workspace: &Path, package: &str, target_dir: &Path) -> Outcome<()> {
    let mut cargo = Command::new(variable("CARGO")?);
    cargo
        .current_dir(workspace)
        .args(["build", "--release", "--lib", "--package", package, "--target", TARGET]);
    cargo.arg("--target-dir").arg(target_dir);
    // The outer build's settings apply to the host only.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        let foreign = name.starts_with("CARGO_PROFILE_")
            || name.starts_with("CARGO_TARGET_")
            || name.starts_with("CARGO_BUILD_")
            || [
                "RUSTFLAGS",
                "CARGO_ENCODED_RUSTFLAGS",
                // It changes the generated code, and with it the digest of the interpreter.
                "CARGO_INCREMENTAL",
                "RUSTC_WRAPPER",
                "RUSTC_WORKSPACE_WRAPPER",
            ]
            .contains(&&*name);
        if foreign {
            cargo.env_remove(&*name);
        }
    }
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags(root)?.join("\u{1f}"));
    let status = cargo
        .status()
        .map_err(|error| format!("cargo for {package}: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{package} does not build for {TARGET}").into())
    }
}

/// No path of this machine may end up in a guest: its bytes, and so its digest, must be the same everywhere.
fn flags(root: &Path) -> Outcome<Vec<String>> {
    let mut flags = Vec::new();
    let mut hide = |path: &Path, name: &str| flags.push(format!("--remap-path-prefix={}={name}", path.display()));
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    if let Some(home) = home {
        hide(&home, "/cargo");
    }
    hide(Path::new(&rustc(&["--print", "sysroot"])?), "/rust");
    hide(root, "/cebridge");
    Ok(flags)
}

/// Adds the target to the toolchain if it is missing: listing it in `rust-toolchain.toml` is not enough where rustup's
/// automatic installation is switched off.
fn install_target() -> Outcome<()> {
    if has_target()? {
        return Ok(());
    }
    let mut arguments = vec!["target".to_owned(), "add".to_owned(), TARGET.to_owned()];
    if let Ok(toolchain) = std::env::var("RUSTUP_TOOLCHAIN") {
        arguments.extend(["--toolchain".to_owned(), toolchain]);
    }
    let added = Command::new("rustup")
        .args(&arguments)
        .status()
        .is_ok_and(|status| status.success());
    if added && has_target()? {
        return Ok(());
    }
    Err(format!(
        "plugins need the Rust target {TARGET}; type: rustup {}",
        arguments.join(" ")
    )
    .into())
}

fn has_target() -> Outcome<bool> {
    let libraries = PathBuf::from(rustc(&["--print", "target-libdir", "--target", TARGET])?);
    Ok(std::fs::read_dir(libraries).is_ok_and(|mut files| files.next().is_some()))
}

fn rustc(arguments: &[&str]) -> Outcome<String> {
    let output = Command::new(variable("RUSTC")?).args(arguments).output()?;
    if !output.status.success() {
        return Err(format!(
            "rustc {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        )
        .into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Returns `true` if a core module has an import section (id 2).
fn has_imports(module: &[u8]) -> Outcome<bool> {
    let mut rest = module.get(8..).ok_or("the guest is no WebAssembly module")?;
    while let Some((&id, after)) = rest.split_first() {
        let (mut size, mut shift, mut body) = (0_usize, 0_u32, after);
        loop {
            let (&byte, after) = body.split_first().ok_or("the guest ends within a section")?;
            body = after;
            size |= usize::from(byte & 0x7f)
                .checked_shl(shift)
                .ok_or("a section is too large")?;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        if id == 2 {
            return Ok(true);
        }
        rest = body.get(size..).ok_or("the guest ends within a section")?;
    }
    Ok(false)
}
