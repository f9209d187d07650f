package com.x.tool;

import com.x.lib.Shell;
import java.io.IOException;
import java.util.List;

public class Main {
    private static final String PREFIX = "/usr/bin/";
    private static final String[] LISTER = {"lister", "-a"};

    interface Step {
        String command();
    }

    static class Count implements Step {
        public String command() {
            return "counter -l";
        }
    }

    enum Kind {
        TAR("tarrer"), ZIP("zipper");

        final String program;

        Kind(String program) {
            this.program = program;
        }
    }

    public static void main(String[] args) throws IOException {
        Shell.run("dfer -h");
        Shell.script("sorter -u | uniqer");
        new Shell("filer").tool(args[0]);
        String joined = PREFIX + (args.length > 1 ? "one" : "two");
        new ProcessBuilder(joined, args[0]).start();
        Runtime.getRuntime().exec(LISTER);
        Runtime.getRuntime().exec("whoer " + args[0]);
        for (String name : List.of("first", "second")) {
            new ProcessBuilder(List.of(name)).start();
        }
        Step step = new Count();
        Runtime.getRuntime().exec(step.command());
        Kind kind = Kind.valueOf(args[0]);
        new ProcessBuilder(kind.program, "x").start();
        String pager = System.getenv().getOrDefault("PAGER", "lesser");
        new ProcessBuilder(pager).start();
        String editor = System.getenv("EDITOR");
        if (editor == null) {
            editor = String.format("%s/bin/editor", "/usr");
        }
        new ProcessBuilder(editor).start();
        String last = "/usr/bin/laterer";
        Runnable lazy = () -> later(last);
        lazy.run();
        unknown(args);
    }

    static void later(String program) {
        try {
            new ProcessBuilder(program).start();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    static void unknown(String[] args) throws IOException {
        new ProcessBuilder(args[1]).start();
        Runtime.getRuntime().exec(System.getenv("CONVERTER") + " -v");
        Shell.run(System.getProperty("x.command"));
        System.loadLibrary(args[2]);
    }
}
