#pragma once

#include <optional>

#include "keys.h"

// The canonical forms that many keys share. Each is a Canonicalise.
namespace kontena::compose {

void as_written(Reader&, Node&, const std::string& path);  // checked by nobody: keys that are refused whole
void text_value(Reader&, Node&, const std::string& path);
void boolean(Reader&, Node&, const std::string& path);
void integer(Reader&, Node&, const std::string& path);       // of 64 bits
void integer_only(Reader&, Node&, const std::string& path);  // not even as text
void any_integer(Reader&, Node&, const std::string& path);   // as integer; Compose takes any size
void instances(Reader&, Node&, const std::string& path);     // an integer that is not negative
void count(Reader&, Node&, const std::string& path);         // likewise, and not negative
void whole(Reader&, Node&, const std::string& path);         // what is behind the point is cut off
void whole_count(Reader&, Node&, const std::string& path);   // likewise, and not negative
void unsigned16(Reader&, Node&, const std::string& path);    // what is above is cut off
void unsigned32(Reader&, Node&, const std::string& path);
void whole_only(Reader&, Node&, const std::string& path);  // as whole, and not as text
void whole_bytes(Reader&, Node&, const std::string& path);
void unique_scalars(Reader&, Node&, const std::string& path);
void number(Reader&, Node&, const std::string& path);
void bytes(Reader&, Node&, const std::string& path);         // to decimal digits, as text
void duration(Reader&, Node&, const std::string& path);      // to Go's "1m30s"
void plain_texts(Reader&, Node&, const std::string& path);   // a list of text, where items may repeat
void texts(Reader&, Node&, const std::string& path);         // a list of text; of one NAME[=VALUE] the last
void unique_texts(Reader&, Node&, const std::string& path);  // a list of text where none may repeat
void text_or_texts(Reader&, Node&, const std::string& path);
void text_or_unique(Reader&, Node&, const std::string& path);
void mappings(Reader&, Node&, const std::string& path);   // a list of mappings
void scalars(Reader&, Node&, const std::string& path);    // a list of text and numbers, to text
void variables(Reader&, Node&, const std::string& path);  // NAME=VALUE list or mapping; null = the client's
void labels(Reader&, Node&, const std::string& path);     // the same; nothing = ""
void command(Reader&, Node&, const std::string& path);    // text is cut into words as a shell cuts it

// "must be …, this is …" at the value; for canonical forms of all files.
void wrong_kind(Reader&, const Node&, const std::string& path, std::string_view wanted);
// The text of a scalar as an environment variable holds it; warns where that is
// not what the file has.
std::string as_text(Reader&, const Node&, const std::string& path);
// Gives the value another text; what was written is kept.
void become(Node&, Kind, std::string text);
// A duration's text, as Compose reads it; nothing where it is none. And as it prints it: "1m30s".
std::optional<std::int64_t> nanoseconds(std::string_view);
std::string print_duration(std::int64_t nanoseconds);

template <int least, int most>
void within(Reader& reader, Node& value, const std::string& path) {
  integer(reader, value, path);
  if (value.kind == Kind::integer &&
      (value.text.size() > 6 || std::stoi(value.text) < least || std::stoi(value.text) > most))
    reader.notes.problem(value.at, path,
                         value.text + " is not within " + std::to_string(least) + " and " + std::to_string(most));
}

}  // namespace kontena::compose
