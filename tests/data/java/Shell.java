package com.x.lib;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Runs programs for others. */
public class Shell {
    private final String tool;

    public Shell(String tool) {
        this.tool = tool;
    }

    public static Process run(String line) throws IOException {
        return new ProcessBuilder(line.split(" ")).start();
    }

    public static Process script(String text) throws IOException {
        List<String> words = new ArrayList<>();
        words.add("/bin/sh");
        words.add("-c");
        words.add("set -e; " + text);
        return new ProcessBuilder(words).start();
    }

    public Process tool(String file) throws IOException {
        return new ProcessBuilder(tool, "-q", file).start();
    }
}
