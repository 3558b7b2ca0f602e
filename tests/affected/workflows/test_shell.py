"""Which commands a shell's text holds: what is not told could be one that runs tests."""

from __future__ import annotations

import random

import pytest

from pytest_monorepo.affected.workflows.shell import EXPRESSION, UnclearError, commands


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("pytest", ["pytest"]),
        ("pytest -q tests", ["pytest -q tests"]),
        ("cd x && pytest; ls", ["cd x", "pytest", "ls"]),
        ("ls | pytest & ls", ["ls", "pytest", "ls"]),
        ("ls\npytest\r\n", ["ls", "pytest"]),
        ("py\\\ntest", ["pytest"]),
        ("A=1 B='2 3' pytest", ["pytest"]),
        ("A+=1 pytest", ["pytest"]),
        ("A=1", []),
        ("sudo nohup time pytest", ["pytest"]),
        ("# pytest\nls # pytest", ["ls"]),
        ("ls a#b", ["ls a#b"]),
        # quotes
        ("'pytest' \"-q\" x\\ y", ["pytest -q x y"]),
        ("echo 'pytest; ls'", ["echo pytest; ls"]),
        ('echo "a \\" b"', ['echo a " b']),
        ('echo "$(pytest -q)"', ["pytest -q", "echo $"]),
        ("echo '$(pytest)'", ["echo $(pytest)"]),
        # substitutions, groups, functions
        ("echo $(ls $(pytest))", ["pytest", "ls $", "echo $"]),
        ("(cd x; pytest)", ["cd x", "pytest"]),
        ("{ pytest; }", ["pytest"]),
        ("f() { pytest; }\nf", ["pytest"]),
        ("f () { ls; }; f", ["ls"]),
        ("echo $((1 + 2))", ["echo 0"]),
        ("echo $((1 + $(a b) * (2 - ${x:-3})))", ["a b", "echo 0"]),
        ("echo ${x:-pytest}", ["echo ${x:-pytest}"]),
        # redirections
        ("pytest > x 2>&1", ["pytest > x 2>&1"]),
        ("pytest &> x", ["pytest &> x"]),
        ("pytest >& x", ["pytest >& x"]),
        ("ls 2>/dev/null | pytest", ["ls 2>/dev/null", "pytest"]),
        # what leads
        ("if ls; then pytest; else make; fi", ["ls", "pytest", "make"]),
        ("if ! pytest; then exit 1; fi", ["pytest", "exit 1"]),
        ("while ls; do pytest; done", ["ls", "pytest"]),
        ("for x in a b; do pytest $x; done", ["pytest $x"]),
        ("if [[ -f a && -f b ]]; then pytest; fi", ["[[", "pytest"]),
        # cases
        ("case $x in a) ls;; b|c) pytest;; esac", ["ls", "pytest"]),
        ("case $x in\n  a) ls ;;\n  # b\n  (c) pytest ;;\nesac\nmake", ["ls", "pytest", "make"]),
        ("case $x in *) case $y in *) pytest;; esac;; esac; ls", ["pytest", "ls"]),
        # arrays
        ("x=(a b)\npytest", ["pytest"]),
        ("x=()\npytest", ["pytest"]),
        ("x+=(a)\npytest", ["pytest"]),
        ("x=(\n  a # why (\n  b\n)\npytest", ["pytest"]),
        ('x=("a)" "b")\npytest\necho "done"', ["pytest", "echo done"]),
        ("x=('a)' '\"')\npytest\necho '\"'", ["pytest", 'echo "']),
        ("x=($(pytest -q) y)\nls", ["pytest -q", "ls"]),
        ("x=(${y[@]} $((1)))\npytest", ["pytest"]),
        ("A=(a) pytest", ["pytest"]),
        # heredocs
        ("cat <<EOF\npytest\nEOF\nls", ["cat << pytest\n", "ls"]),
        ("sh <<'EOF' > y\n$(pytest)\nEOF", ["sh << > y $(pytest)\n"]),
        ("cat <<-EOF\n\ta\n\tEOF\npytest", ["cat << \ta\n", "pytest"]),
        ("cat <<A; sh <<B\na\nA\npytest\nB", ["cat << a\n", "sh << \npytest\n"]),
        ("cat <<< pytest", ["cat <<< pytest"]),
        # a line goes on where a backslash says so: not in a comment, not behind another, not between quotes
        ("# why \\\npytest", ["pytest"]),
        ("ls # why \\\npytest", ["ls", "pytest"]),
        ("echo a\\\\\npytest", ["echo a\\", "pytest"]),
        ("echo a\\\\\\\npytest", ["echo a\\pytest"]),
        ("echo 'a\\\n'; pytest", ["echo a\\\n", "pytest"]),
        ('echo "a\\\nb"; pytest', ["echo ab", "pytest"]),
        ("ls \\\n  -a \\\n  && pytest", ["ls -a", "pytest"]),
        ("ls &\\\n& pytest", ["ls", "pytest"]),
        ("\\\npytest", ["pytest"]),
        ("x=(a \\\n b)\npytest", ["pytest"]),
        ("case $x in a | \\\n b) pytest;; esac", ["pytest"]),
        ("echo $\\(pytest\\)", ["echo $(pytest)"]),
        # quotes in the way of C, whose end a backslash hides; what it hides else is not told
        ("echo $'it\\'s' && pytest # '", [f"echo {EXPRESSION}", "pytest"]),
        ("echo $'a' $'' 'b'; pytest", ["echo a  b", "pytest"]),
        ("$'py\\x74est'", [EXPRESSION]),
        ('echo "$\'a"; pytest; echo "\'"', ["echo $'a", "pytest", "echo '"]),
        # [[ begins a condition only where a command begins
        ("echo [[ ; pytest ; echo ]]", ["echo [[", "pytest", "echo ]]"]),
        ("! [[ a ]] || pytest", ["[[", "pytest"]),
        ("A=1 [[ a ]]; pytest", ["[[", "pytest"]),
        # a heredoc ends where its word is all of a line; only <<- lets tabs be before it
        ("cat <<E\n E\nit's\nE\npytest\necho 'E'", ["cat <<  E\nit's\n", "pytest", "echo E"]),
        ("cat <<-E\n\t\tE\npytest", ["cat << ", "pytest"]),
        ("cat <<E\nE \nE.\nE\npytest", ["cat << E \nE.\n", "pytest"]),
        ("cat <<E\nE\r\npytest", ["cat << ", "pytest"]),
        ("cat <<E > x && pytest\na\nE", ["cat << > x a\n", "pytest"]),
        # what PowerShell has behind a bracket
        ("if (x) {\nls\n} else {\npytest\n}", ["x", "ls", "pytest"]),
        ("{ ls; } > x", ["ls"]),
        ("while ls; do make; done < x | pytest", ["ls", "make", "pytest"]),
        ("${x:-$(ls)}", ["ls", "${x:-$(ls)}"]),
        ("echo ${x:-${y:-$(make test)}} a", ["make test", "echo ${x:-${y:-$(make test)}} a"]),
        ('echo "${x:-$(pytest "a}")}"', ["pytest a}", 'echo ${x:-$(pytest "a}")}']),
        ('case $x in a\\(*|b) ls ;; "c(d):"*) make ;; *) pytest ;; esac', ["ls", "make", "pytest"]),
        # what only the CI knows
        ("${{ matrix.run }} tests", [f"{EXPRESSION} tests"]),
        ("pytest ${{ x\n }}", [f"pytest {EXPRESSION}"]),
    ],
)
def test_every_command_is_found(text: str, found: list[str]) -> None:
    assert [" ".join(words) for words in commands(text)] == found


@pytest.mark.parametrize(
    "text",
    [
        *("'", '"', "echo 'x", 'echo "x', "(ls", "ls)", "$(ls", "echo $(ls", "`ls`", 'echo "`ls`"'),
        *("x=(", "x=(a", "x=(a; b)", "x=(a | b)", "x=((1))", "x=('a)", "x=(a # )", "echo ${x", "${x:-`ls`}"),
        *(
            "$((1",
            "$((1 + `ls`))",
            "$((ls) && (ls))",
            "$((ls; ls))",
            "[[ a",
            "[[ $(ls) ]]",
            "[[ `ls` ]]",
            "cat <<",
            "cat <<EOF\nx",
        ),
        *("cat <<EOF\n$(ls)\nEOF", "cat <<A <<B\nA\nB", "case x in\nls", "ls\\"),
        *("$'a", "$'a\\'", "cat <\\\n<E\nE", "echo $\\\n(ls)", "cat <<E-1\nE\n-1", "cat <<\\E\nE"),
        *("cat <<E\na \\\nE\nls", "cat <<E\n\tE\nls", "cat <<'E'\n E\nls", "case x in a) ls;& b) ls;; esac"),
    ],
)
def test_what_is_no_plain_shell_is_said_to_be_unclear(text: str) -> None:
    with pytest.raises(UnclearError):
        list(commands(text))


PIECES = (
    *("pytest ", "ls ", "x=", "(", ")", "()", "$(", "${", "}", "{ ", "((", "))", "[[", "]]", "'", '"', "`"),
    *("\\", "\n", "\\\n", ";", ";;", "&", "&>", "|", "<<", "<<EOF", "EOF", "case x in ", "esac", "fi", "#"),
    *("${{", "}}", " ", "\t", "\r", "é", "\0"),
)


@pytest.mark.parametrize("seed", range(20))
def test_any_text_is_either_told_or_unclear(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(200):
        text = "".join(chance.choices(PIECES, k=chance.randrange(1, 14)))
        try:
            found = list(commands(text))
        except UnclearError:
            continue
        assert all(words for words in found), text


def test_a_case_without_a_pattern_is_given_up_at_once() -> None:
    with pytest.raises(UnclearError, match="a case without a pattern"):
        list(commands("case x in " + "; " * 100_000))
