use super::*;
use crate::trace::reading::bench::Bench;

const BINARY: &str = "\x7fELF\0PHP_INI_SCAN_DIR\0/etc/php/cli\0/etc/php/cli/conf.d\0/usr/lib/php/2022\0.:/usr/share/php\0/usr/bin/none\0";

#[test]
fn enables_what_settings_name() {
    let php = Php::default();
    let mut bench = Bench::new(
        &php,
        &[
            ("usr/bin/php8.2*", BINARY),
            (
                "etc/php/cli/php.ini",
                "sendmail_path = \"/usr/bin/deliver -t\"\nbrowscap = /etc/browscap.ini\n",
            ),
            ("etc/php/cli/conf.d/20-gd.ini -> ../../mods/gd.ini", ""),
            ("etc/php/mods/gd.ini", "extension=gd.so\n"),
            ("etc/php/mods/pgsql.ini", "extension=pgsql.so\n"),
            ("etc/browscap.ini", ""),
            ("usr/lib/php/2022/gd.so", ""),
            ("usr/lib/php/2022/pgsql.so", ""),
            ("usr/lib/php/2022/redis.so", ""),
        ],
        "{}",
        &["/usr"],
    );
    bench.open("/usr/bin/php8.2").run(&["/usr/bin/php8.2", "-d", "extension=redis", "x.php"]);
    let expected = [
        "etc/browscap.ini",
        "etc/php/cli/conf.d/20-gd.ini",
        "etc/php/cli/php.ini",
        "etc/php/mods/gd.ini",
        "usr/bin/php8.2",
        "usr/lib/php/2022/gd.so",
        "usr/lib/php/2022/redis.so",
    ];
    assert_eq!(bench.reached("/"), expected);
    assert_eq!(bench.others, ["/usr/bin/deliver -t"]);
}

#[test]
fn includes_lead_out_of_the_application() {
    let php = Php::default();
    let profile = "about = 'p'\n[when]\nreached = ['$prefix/bin/php*']\n\
        [calls.shell]\ndoes = 'shell'\nwhy = 'w'\nnames = ['exec']\n\
        [calls.code]\ndoes = 'import'\nwhy = 'w'\nnames = ['require', 'require_once']\n\
        [calls.folder]\ndoes = 'dirname'\nwhy = 'w'\nnames = ['dirname']\n";
    let mut bench = Bench::new(
        &php,
        &[
            ("usr/bin/php8.2*", BINARY),
            (
                "app/public/index.php",
                "<?php require dirname(__DIR__) . '/../shared/boot.php'; new Mail_mime;",
            ),
            ("shared/boot.php", "<?php require_once 'Twig/autoload.php';"),
            ("shared/other.php", "<?php exec('ls');"),
            ("usr/share/php/Twig/autoload.php", "<?php"),
            ("usr/share/php/Twig/Loader.php", "<?php require 'Psr/Log.php';"),
            ("usr/share/php/Psr/Log.php", "<?php"),
            ("usr/share/php/Mail/mime.php", "<?php"),
            ("usr/share/php/Mail.php", "<?php"),
            ("usr/share/php/Parsedown/Parsedown.php", "<?php"),
        ],
        "{}",
        &["/usr"],
    )
    .with_profile("php", profile);
    bench.open("/app/public/index.php");
    let expected = [
        "app/public/index.php",
        "shared/boot.php",
        "shared/other.php",
        "usr/share/php/Mail/mime.php",
        "usr/share/php/Mail.php",
        "usr/share/php/Psr/Log.php",
        "usr/share/php/Twig/Loader.php",
        "usr/share/php/Twig/autoload.php",
    ];
    assert_eq!(bench.reached("/"), expected);
    assert_eq!(bench.others, ["ls"]);
}
