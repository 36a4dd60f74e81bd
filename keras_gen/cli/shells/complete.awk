# What fits at the end of a command line, a line each: a word, a tab, and what it does. `:files` and what is in front of
# them stand for names of files. The words behind `keras-gen` are the arguments, the last of them as far as it is
# typed; standard input is the table that keras_gen/cli/completion_table.py writes. No single quotes, for the shells.
BEGIN { FS = "\t"; n = ARGC - 1; for (i = 1; i <= n; i++) w[i] = ARGV[i]; ARGC = 1 }
$1 == "C" { command[++commands] = $2; of_command[$2] = $3 }
$1 == "O" { owner[++options] = $2; names[options] = $3; takes[options] = $4; many[options] = $5; helps[options] = $6
            count = split($3, each, " "); for (i = 1; i <= count; i++) known[$2, each[i]] = options }
$1 == "P" { words[$2] = $3 }
$1 == "M" { models[$2] = 1 }
$1 == "R" { model_of[$2] = $3 }
$1 == "D" { kind[++kinds] = $2; wraps[kinds] = $3 }
END {
    typed = w[n]
    first = 1
    for (i = 2; i < n && w[1] == "launch" && first == 1; i++) if (w[i] == "--") first = i + 1
    if (first == n) list_commands(first == 1)
    else if (w[first] == "--version") offer("--verbose", "what a report of a bug needs")
    else complete(w[first], first + 1)
}
function list_commands(all) {
    for (i = 1; i <= commands; i++) if (all || command[i] == "train") offer(command[i], of_command[command[i]])
    if (all && typed ~ /^-/) { offer("--help", "the commands"); offer("--version", "the version") }
}
function complete(scope, from,    model, before, option) {
    if (scope == "train" && (model = model_among(from)) in models) scope = "train " model
    # `--out=x` is an option and its value in one word.
    if (match(typed, /^--[^=]*=/)) {
        before = substr(typed, 1, RLENGTH)
        if (option = find(scope, substr(before, 1, RLENGTH - 1))) values(takes[option], before, substr(typed, RLENGTH + 1))
        return
    }
    for (i = n - 1; i >= from && w[i] !~ /^--?[a-z]/; i--) continue
    option = i < from ? 0 : find(scope, w[i])
    if (option && takes[option] != "-" && (i == n - 1 || many[option]) && typed !~ /^-/) values(takes[option], "", typed)
    else if (typed ~ /^-/ || !(of(scope) in words)) list_options(scope)
    else if (scope !~ /^train/) values(words[scope], "", typed)
    else if (n == from) values(words["train"], "", typed)
    else list_options(scope)
}
# The model that is trained, by its name or that of a recipe; an option of a run has the same meaning with each.
function model_among(from,    i, word) {
    if (w[from] !~ /^-/ && from < n) return w[from]
    for (i = from; i < n; i++) {
        word = w[i] ~ /^--(recipe|name)=/ ? substr(w[i], index(w[i], "=") + 1) : w[i + 1]
        if (w[i] ~ /^--recipe/ && word in model_of) return model_of[word]
        if (w[i] ~ /^--name/) return word
    }
    return ""
}
function of(scope) { return scope ~ /^train / ? "train" : scope }
function find(scope, name) {
    if (!((scope, name) in known) && !((of(scope), name) in known)) gsub(/_/, "-", name)
    return (scope, name) in known ? known[scope, name] : ((of(scope), name) in known ? known[of(scope), name] : 0)
}
function list_options(scope,    i, k, count, each) {
    for (i = 1; i <= options; i++) if (owner[i] == scope || owner[i] == of(scope)) {
        count = split(names[i], each, " ")
        for (k = 1; k <= count; k++) offer(each[k], helps[i])
    }
    offer("--help", "all options")
}
function values(list, before, part,    i, count, each) {
    count = split(list, each, " ")
    for (i = 1; i <= count; i++) {
        if (each[i] == "/") print ":files\t" before
        else if (each[i] == "@data") sources(before, part)
        else if (index(each[i], part) == 1) print before each[i] "\t"
    }
}
# Sources of data: `folder:` and a path, or a kind that is made of another source.
function sources(before, part,    i) {
    for (i = 1; i <= kinds; i++) if (kind[i] ~ /:$/ && index(part, kind[i]) == 1) {
        if (wraps[i]) sources(before kind[i], substr(part, length(kind[i]) + 1))
        else print ":files\t" before kind[i]
        return
    }
    for (i = 1; i <= kinds; i++) if (index(kind[i], part) == 1) print before kind[i] "\t"
}
function offer(word, what) { if (index(word, typed) == 1) print word "\t" what }
