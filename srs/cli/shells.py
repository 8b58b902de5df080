"""The four shells: the script each is given, and the answers to what the scripts ask.

A script asks `srs completion SHELL -- WORD...`: the words before the one at the cursor, then that
one as far as it is typed, behind a `=` so that no shell drops an empty one. bash breaks words at `:`
and `=`, so it hands over its word breaks and the line instead, and the words are found here.
The answer's first line says what follows: `words`; `stems`, to be followed by no blank; nothing for
`files`, `toml-files` and `folders`, which the shell lists itself. Then one line for each word: bash is
given what to insert, zsh `word:description`, the others a tab between the two.
"""

from __future__ import annotations

import re
import sys

from srs.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BASH = r"""# srs: completion for bash; in ~/.bashrc: eval "$(srs completion bash)"
_srs() {
  local kind line program=$1
  COMPREPLY=()
  [[ $program == "~/"* ]] && program=$HOME/${program:2}
  type -P -- "$program" >/dev/null || program=srs
  {
    IFS= read -r kind
    while IFS= read -r line; do COMPREPLY+=("$line"); done
  } < <("$program" completion bash -- "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null </dev/null)
  case $kind in
    files)
      compopt +o nospace -o default 2>/dev/null
      ;;
    toml-files)
      compopt +o nospace -o filenames 2>/dev/null
      while IFS= read -r line; do
        COMPREPLY+=("$line")
      done < <(compgen -d -- "$2"; compgen -f -X '!*.toml' -- "$2")
      ;;
    folders)
      compopt +o nospace -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$2")
      ;;
  esac
}
complete -o nospace -F _srs srs
"""

ZSH = r"""#compdef srs
# srs: completion for zsh; in ~/.zshrc after compinit: eval "$(srs completion zsh)"
_srs() {
  local kind program=${(Q)words[1]}
  local -a answer given
  (( $+commands[$program] )) || [[ -x $program ]] || program=srs
  (( CURRENT > 2 )) && given=("${(@Q)words[2,CURRENT-1]}")
  answer=("${(@f)$("$program" completion zsh -- "${given[@]}" "=${(Q)PREFIX}" 2>/dev/null </dev/null)}")
  kind=$answer[1]
  shift answer
  case $kind in
    (files | toml-files | folders)
      [[ $PREFIX == --*=* ]] && compset -P '*='
      case $kind in
        (files) _files ;;
        (folders) _files -/ ;;
        (*) _files -g '*.toml(-.)' ;;
      esac
      ;;
    (words) (( $#answer )) && _describe -V word answer ;;
    (stems) (( $#answer )) && _describe -V word answer -S '' ;;
  esac
}
if [[ $funcstack[1] == _srs ]]; then
  _srs "$@"
else
  compdef _srs srs
fi
"""

FISH = r"""# srs: completion for fish; srs completion fish > ~/.config/fish/completions/srs.fish
function __srs_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    command -sq -- $program; or set program srs
    set -l answer (command $program completion fish -- $words "=$current" 2>/dev/null </dev/null)
    set -l kind $answer[1]
    set -e answer[1]
    switch "$kind"
        case files toml-files folders
            set -l stem (string match -r '^--[^=]*=' -- $current)
            set -l files (complete -C "__srs_any_file "(string replace -- "$stem" '' $current))
            test $kind = toml-files; and set files (string match -r '.*(?:/|\.toml)(?:\t.*)?$' -- $files)
            test $kind = folders; and set files (string match -r '.*/(?:\t.*)?$' -- $files)
            test (count $files) -gt 0; and printf "$stem%s\n" $files
        case words stems
            test (count $answer) -gt 0; and printf '%s\n' $answer
    end
end
complete -c srs -f -k -a '(__srs_complete)'
"""

POWERSHELL = r"""# srs: completion for PowerShell; in $PROFILE: srs completion powershell | Out-String | iex
Register-ArgumentCompleter -Native -CommandName srs -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $program = $commandAst.GetCommandName()
    if (-not (Get-Command -Name $program -CommandType Application -ErrorAction Ignore)) { $program = 'srs' }
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value }
            else { $_.Extent.Text }
        })
    $encoding = [Console]::OutputEncoding
    try {
        [Console]::OutputEncoding = [System.Text.UTF8Encoding]::new($false)
        $kind, $answer = @(& $program completion powershell '--' @words "=$wordToComplete" 2>$null)
    } catch {
        return
    } finally {
        [Console]::OutputEncoding = $encoding
    }
    if ($kind -in 'files', 'toml-files', 'folders') {
        return [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete) |
            Where-Object {
                $kind -eq 'files' -or $_.ResultType -eq 'ProviderContainer' -or
                    ($kind -eq 'toml-files' -and $_.ListItemText -like '*.toml')
            }
    }
    foreach ($line in $answer) {
        $value, $text = $line -split "`t", 2
        if (-not $text) { $text = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $text)
    }
}
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH, "powershell": POWERSHELL}
_ALSO = {"pwsh": "powershell"}


def quick_completion(arguments: Sequence[str]) -> Callable[[], int] | None:
    """What runs `srs completion` with these arguments without Typer; None when Typer must look at them."""
    shell, *rest = arguments or ("",)
    if shell not in SCRIPTS or (rest and rest[0] != "--"):
        return None
    return lambda: run(shell, rest[1:])


def run(shell: str | None, words: Sequence[str] = ()) -> int:
    """Print the script of a shell or, where it hands over words, what fits at the cursor.

    Raises:
        UsageError: no shell, or one there is no script for.
    """
    names = "bash, zsh, fish or powershell"
    if not shell:
        raise UsageError(
            f"`srs completion` needs a shell: {names}", "`srs completion -h` says how to switch it on"
        )
    shell = _ALSO.get(shell, shell)
    if shell not in SCRIPTS:
        from srs.deck.clean import quoted
        from srs.deck.names import nearest

        near = nearest(re.split(r"[/\\]", shell)[-1], SCRIPTS)
        raise UsageError(
            f"there is no completion for {quoted(shell)}",
            f"did you mean `srs completion {near}`?" if near else f"there is one for {names}",
        )
    sys.stdout.write(answer(shell, words) if words else SCRIPTS[shell])
    return 0


def answer(shell: str, handed: Sequence[str]) -> str:
    """What fits at the cursor, as the shell reads it; nothing at all where anything goes wrong."""
    try:
        from srs.cli.completing import complete
        from srs.cli.shell_words import lines_for, typed_in

        typed = typed_in(shell, handed)
        found = complete(typed.words, typed.current)
        return "".join(f"{line}\n" for line in (found.kind, *lines_for(shell, found, typed)))
    except Exception:  # noqa: BLE001 - whoever pressed Tab is typing: an error would land in the line
        return ""
