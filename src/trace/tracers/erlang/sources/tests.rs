//! Whatever stands in a source, reading it ends, and gives a program that can be solved.

use super::{ELIXIR_SYNTAX, ERLANG_SYNTAX};
use crate::trace::reading::flow::{Habits, Meanings, Program, Solver, Values, World, read};

struct Nowhere;

impl World for Nowhere {
    fn path(&self, _file: u32) -> Vec<u8> {
        b"/srv/app/main".to_vec()
    }
    fn variable(&self, _name: &[u8]) -> Option<Vec<u8>> {
        None
    }
    fn read(&self, _file: u32, _path: &[u8]) -> Option<Vec<u8>> {
        None
    }
    fn module(&self, _file: u32, _name: &[u8]) -> Option<u32> {
        None
    }
    fn parse(&self, _name: &[u8], _text: &[u8]) -> Option<Values> {
        None
    }
}

const ELIXIR: &str = r##"
defmodule Kit.Main do
  @moduledoc """
  Text with #{1 + 2} in it.
  """
  alias Kit.{One, Two}
  @names ~w(a b)a ++ [:c]
  @spec go(String.t(), keyword) :: :ok | {:error, term}
  def go(name, options \\ [deep: %{a: 1, "b" => [x | y]}])
  def go(name, _options) when is_binary(name) do
    with {:ok, text} <- File.read(name), [head | _] = String.split(text, ~r/,/) do
      for <<byte <- head>>, {k, v} <- %{one: byte}, into: %{}, do: {k, "#{v}-#{One.two(&1)}"}
    else
      {:error, _} -> Enum.map(@names, &Two.go(&1, fn a, b when a > b -> a; _, b -> b end))
    end
  rescue
    e in RuntimeError -> %{e | message: nil}
  after
    IO.puts("x") |> case do :ok -> 1 end
  end
end
"##;

const ERLANG: &str = r##"
-module(kit).
-define(KIT(A), "a" ++ A).
-record(kit, {name = "x" :: string(), other}).
%% text
go(#kit{name = Name} = Kit, [Head | Rest]) when Name =/= "", Head > 1; Rest == [] ->
    X = case os:getenv("A") of false -> <<"b", Rest/binary>>; Y -> ?KIT(Y) end,
    try F = fun(A, {B, _}) -> A + B; (_, C) -> C end, [F(Z) || Z <- X, Z > 1] of
        {ok, V} -> Kit#kit{name = V}
    catch error:R:S -> {R, S} after ok end;
go(_, 'quoted atom') -> receive {a, M} -> M#{k => $a} after 10 -> fun ?MODULE:go/2 end.
"##;

fn solved(syntax: &'static crate::trace::reading::flow::Syntax, text: &[u8]) {
    let mut program = Program::default();
    let file = read(&mut program, syntax, text);
    let meanings = Meanings::default();
    let solver = Solver::new(&program, &meanings, &Nowhere, Habits::default());
    solver.uses(file, text);
}

#[test]
fn every_part_of_a_source_can_be_read() {
    for (syntax, text) in [(&ELIXIR_SYNTAX, ELIXIR.as_bytes()), (&ERLANG_SYNTAX, ERLANG.as_bytes())]
    {
        for cut in 0..text.len() {
            solved(syntax, &text[..cut]);
            solved(syntax, &text[cut..]);
            let without = [&text[..cut], &text[(cut + 5).min(text.len())..]].concat();
            solved(syntax, &without);
        }
    }
}

#[test]
fn depth_has_a_limit() {
    let signs = [
        "(",
        "[",
        "{",
        "<<",
        "%{a: ",
        "#{",
        "fn -> ",
        "fun() -> ",
        "case ",
        "if x do ",
        "&",
        "-",
        "a |> ",
        "a = ",
        "f(",
        "x.y(",
        "\"#{",
        "not ",
        "begin ",
        "for x <- ",
        "#a{b = ",
        "?A(",
        "@a ",
        "try ",
        "do ",
        "a <> ",
        "defmodule A do ",
        "def f(x) do ",
        "[x || ",
        "catch ",
    ];
    for sign in signs {
        for syntax in [&ELIXIR_SYNTAX, &ERLANG_SYNTAX] {
            let mut text = b"main(_) -> ".to_vec();
            text.extend(sign.repeat(5_000).bytes());
            solved(syntax, &text);
            solved(syntax, sign.repeat(5_000).as_bytes());
        }
    }
}
