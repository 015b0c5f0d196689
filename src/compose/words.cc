#include "words.h"

#include "values.h"

namespace kontena::compose {

std::optional<std::vector<std::string>> split_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = '\0';
  bool substitution = false;  // inside $(…) or `…`, which stays one word
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      // Inside double quotes a backslash is itself but before what it can escape.
      const char next = line[++i];
      if (quote == '"' && next != '"' && next != '\\' && next != '$' && next != '`' && next != '\n') word += '\\';
      if (next != '\n') word += next;
      in_word = true;
    } else if (quote != '\0') {
      if (c == quote)
        quote = '\0';
      else
        word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == '(' && (substitution || !word.ends_with('$'))) {
      return std::nullopt;
    } else if (c == '(' || c == ')' || c == '`') {
      substitution = !substitution;
      word += c;
      in_word = true;
    } else if (!substitution && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != '\0' || substitution) return std::nullopt;
  if (in_word) words.push_back(std::move(word));
  return words;
}

void command(Reader& reader, Node& value, const std::string& path) {
  if (value.kind == Kind::null) return;
  if (value.kind == Kind::list) {
    for (std::size_t i = 0; i < value.items.size(); ++i) text_value(reader, value.items[i], under(path, i));
    return;
  }
  if (value.kind != Kind::text) return wrong_kind(reader, value, path, "text or a list of text");
  const auto words = split_words(value.text);
  if (!words) return reader.notes.problem(value.at, path, "a quote or a parenthesis in the command is not closed");
  Node list = make_list(value.at);
  list.written = value.text;
  bool shell = false;
  for (const std::string& word : *words) {
    shell = shell || word == "&&" || word == "||" || word == "|" || word == ";" || word == ">";
    list.items.push_back(make_text(value.at, word));
  }
  if (shell)
    reader.notes.warning(value.at, path,
                         "the command is not run by a shell, so '&&', '|' and their like are plain words of it",
                         "write [\"sh\", \"-c\", \"…\"]");
  value = std::move(list);
}

}  // namespace kontena::compose
