"""Completion scripts of the shells, with the placeholders of Click."""

BASH = """\
%(complete_func)s() {
    local -a response
    COMPREPLY=()
    mapfile -t response < <(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" BREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "${1/#\\~\\//$HOME/}" 2>/dev/null </dev/null)
    case "${response[0]-}" in
        "") ;;
        file,*) compopt -o default 2>/dev/null ;;
        dir,*) compopt -o dirnames 2>/dev/null ;;
        *)
            COMPREPLY=("${response[@]#*,}")
            if [[ ${#response[@]} -eq 1 && ${response[0]} == nospace,* ]]; then
                compopt -o nospace 2>/dev/null
            fi
            ;;
    esac
    return 0
}

if [ -z "${BASH_VERSION-}" ]; then
    echo "%(prog_name)s: this completion is for bash; see %(prog_name)s completion --help" >&2
elif [ "${BASH_VERSINFO[0]}" -lt 4 ] || { [ "${BASH_VERSINFO[0]}" -eq 4 ] && [ "${BASH_VERSINFO[1]}" -lt 4 ]; }; then
    echo "%(prog_name)s: completion needs bash 4.4 or later, this is $BASH_VERSION" >&2
else
    complete -o nosort -F %(complete_func)s %(prog_name)s
fi
"""

ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local type value help
    local -a response plain described open open_described
    response=("${(@f)$(env COMP_LINE="${words[1,CURRENT-1]} $QIPREFIX$PREFIX" %(complete_var)s=zsh_complete \\
        ${~words[1]} 2>/dev/null </dev/null)}")
    for type value help in "${response[@]}"; do
        case "$type:$help" in
            file:*) [[ $PREFIX == --*=* ]] && compset -P "*="; _files; return ;;
            dir:*) [[ $PREFIX == --*=* ]] && compset -P "*="; _files -/; return ;;
            plain:_) plain+=("$value") ;;
            plain:*) described+=("$value:$help") ;;
            nospace:_) open+=("$value") ;;
            nospace:*) open_described+=("$value:$help") ;;
        esac
    done
    (( $#described )) && _describe -V '' described -U
    (( $#open_described )) && _describe -V '' open_described -U -S ''
    (( $#plain )) && compadd -U -V plain -a plain
    (( $#open )) && compadd -U -V open -S '' -a open
    return 0
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
elif (( $+functions[compdef] )); then
    compdef %(complete_func)s %(prog_name)s
else
    echo "%(prog_name)s: completion needs zsh's own: put 'autoload -Uz compinit && compinit' before it" >&2
fi
"""

FISH = """\
function %(complete_func)s
    set -l program (commandline -opc)[1]
    type -q -- $program; or set program %(prog_name)s
    set -l line (commandline -cp | string collect)
    for item in (env COMP_LINE="$line" %(complete_var)s=fish_complete $program 2>/dev/null </dev/null)
        set -l parts (string split -m 1 , -- $item)
        set -l option (string match -r -- '^--[^=]*=' $parts[2])
        set -l path (string replace -r -- '^--[^=]*=' '' $parts[2])
        switch $parts[1]
            case dir
                for each in (__fish_complete_directories "$path"); echo "$option$each"; end
            case file
                for each in (__fish_complete_path "$path"); echo "$option$each"; end
            case '*'
                echo $parts[2]
        end
    end
end

complete --no-files --command %(prog_name)s --arguments '(%(complete_func)s)'
"""

POWERSHELL = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $length = [Math]::Max($cursorPosition - $commandAst.Extent.StartOffset, 0)
    $env:COMP_LINE = $commandAst.Extent.Text.PadRight($length).Substring(0, $length)
    $env:%(complete_var)s = 'powershell_complete'
    try {
        $items = @(& %(prog_name)s 2>$null)
    } finally {
        Remove-Item -ErrorAction SilentlyContinue Env:COMP_LINE, Env:%(complete_var)s
    }
    foreach ($item in $items) {
        $type, $value, $help = $item -split "`t", 3
        if ($type -eq 'file' -or $type -eq 'dir') { continue }  # without results, PowerShell completes files
        $text = if ($value -match '^[\\w./:=-]+$') { $value } else { "'" + $value.Replace("'", "''") + "'" }
        if (-not $help) { $help = $value }
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $help)
    }
}
"""
