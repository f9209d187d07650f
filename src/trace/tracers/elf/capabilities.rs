//! The calls that tell what a program does with its constants: open libraries, run programs, run the shell.

/// What a program can do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call {
    /// It opens libraries.
    Load,
    /// It runs programs by their path.
    Run,
    /// It runs programs that it looks for on PATH.
    Search,
    /// It gives command lines to the shell.
    Shell,
    /// It was compiled by Go.
    Go,
}

/// What a program can do, all told.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Calls(Vec<Call>);

impl Calls {
    /// Says whether the program can do this.
    pub fn has(&self, call: Call) -> bool {
        self.0.contains(&call)
    }

    /// Notes that the program can do this.
    pub fn add(&mut self, call: Call) {
        if !self.has(call) {
            self.0.push(call);
        }
    }

    /// Notes what an imported function, or a package of Go, lets the program do.
    pub fn note(&mut self, symbol: &str) {
        let calls: &[Call] = match symbol {
            "dlopen"
            | "dlmopen"
            | "__libc_dlopen_mode"
            | "lt_dlopen"
            | "lt_dlopenext"
            | "lt_dlopenadvise"
            | "g_module_open"
            | "g_module_open_full"
            | "uv_dlopen"
            | "SDL_LoadObject"
            | "PR_LoadLibrary"
            | "PR_LoadLibraryWithFlags"
            | "DSO_load"
            | "apr_dso_load" => &[Call::Load],
            "execv" | "execve" | "execl" | "execle" | "fexecve" | "posix_spawn" => &[Call::Run],
            "execvp"
            | "execlp"
            | "execvpe"
            | "posix_spawnp"
            | "uv_spawn"
            | "apr_proc_create"
            | "g_spawn_async"
            | "g_spawn_sync"
            | "g_spawn_async_with_pipes"
            | "g_spawn_command_line_async"
            | "g_spawn_command_line_sync"
            | "g_subprocess_new"
            | "g_subprocess_newv" => &[Call::Run, Call::Search],
            "system" | "popen" | "wordexp" => &[Call::Run, Call::Shell],
            "go:os/exec" => &[Call::Run],
            // Libraries have their own, which end in those of the C library.
            _ if is_start(symbol) => &[Call::Run],
            "go:plugin" => &[Call::Load],
            _ => &[],
        };
        calls.iter().for_each(|&call| self.add(call));
    }
}

/// Says whether a function of a library starts programs by its name: `xmexec_ae`, `pathexec_run`, `child_spawn1_pipe`,
/// `g_spawn_close_pid`. What only has the word at its end, such as `sqlite3_exec`, runs something else.
fn is_start(symbol: &str) -> bool {
    let first = symbol.split('_').next().unwrap_or_default();
    let is_exec = ["exec", "xexec", "mexec", "xmexec", "pathexec"].iter().any(|start| {
        let rest = first.strip_prefix(start);
        rest.is_some_and(|rest| matches!(rest, "" | "v" | "l" | "ve" | "vp" | "lp"))
    });
    is_exec || symbol.contains("spawn")
}
