// Lists archives as src/archive/cases.rs does, with Go's archive/tar.
//
// Standard input holds archives one after the other, each behind its length in 4 bytes, little-endian. Each listing is
// followed by a line of "==".
package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
)

const maxData = 1 << 20

func main() {
	in := bufio.NewReader(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		var length uint32
		if err := binary.Read(in, binary.LittleEndian, &length); err != nil {
			return
		}
		archive := make([]byte, length)
		if _, err := io.ReadFull(in, archive); err != nil {
			panic(err)
		}
		for _, line := range list(archive) {
			fmt.Fprintln(out, line)
		}
		fmt.Fprintln(out, "==")
	}
}

func list(archive []byte) (lines []string) {
	reader := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := reader.Next()
		if err == io.EOF {
			return lines
		}
		if err != nil {
			return append(lines, "error")
		}
		if header.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		letter, headerOnly := kind(header.Typeflag)
		if !headerOnly && header.Size > maxData {
			return append(lines, "large")
		}
		data, err := io.ReadAll(reader)
		if err != nil {
			return append(lines, "error")
		}
		lines = append(lines, line(letter, header, data))
	}
}

func kind(flag byte) (letter string, headerOnly bool) {
	switch flag {
	case tar.TypeReg, tar.TypeRegA, tar.TypeCont, tar.TypeGNUSparse:
		return "f", false
	case tar.TypeLink:
		return "h", true
	case tar.TypeSymlink:
		return "s", true
	case tar.TypeChar:
		return "c", true
	case tar.TypeBlock:
		return "b", true
	case tar.TypeDir:
		return "d", true
	case tar.TypeFifo:
		return "p", true
	}
	return string(rune(flag)), false
}

func line(letter string, header *tar.Header, data []byte) string {
	parts := []string{shown(letter), shown(header.Name), fmt.Sprintf("%o", header.Mode)}
	if header.Uid != 0 || header.Gid != 0 {
		parts = append(parts, fmt.Sprintf("owner=%d:%d", header.Uid, header.Gid))
	}
	if seconds, nanos := header.ModTime.Unix(), header.ModTime.Nanosecond(); seconds != 0 || nanos != 0 {
		parts = append(parts, fmt.Sprintf("time=%d.%09d", seconds, nanos))
	}
	if header.Linkname != "" {
		parts = append(parts, "link="+shown(header.Linkname))
	}
	if header.Devmajor != 0 || header.Devminor != 0 {
		parts = append(parts, fmt.Sprintf("dev=%d:%d", header.Devmajor, header.Devminor))
	}
	const prefix = "SCHILY.xattr."
	var names []string
	for key, value := range header.PAXRecords {
		if strings.HasPrefix(key, prefix) && key != prefix && value != "" {
			names = append(names, key)
		}
	}
	sort.Strings(names)
	for _, key := range names {
		parts = append(parts, fmt.Sprintf("xattr.%s=%s", shown(key[len(prefix):]), shown(header.PAXRecords[key])))
	}
	if len(data) > 0 {
		parts = append(parts, "data="+shown(string(data)))
	}
	return strings.Join(parts, " ")
}

func shown(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if c := text[i]; 0x21 <= c && c < 0x7f && c != '\\' {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "\\x%02x", c)
		}
	}
	return out.String()
}
