#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node.h"
#include "notes.h"

namespace kontena::compose {

// The text of a file, with what the YAML library does not look at: where its
// lines start, whether it is text at all, how a scalar was written.
class SourceText {
 public:
  // `file` must outlive the nodes made from it. A byte order mark is taken off.
  SourceText(std::string_view text, const std::string* file);

  std::string_view text() const { return text_; }
  const std::string* file() const { return file_; }
  Mark mark(std::size_t offset) const;

  // False, with a problem noted, where the bytes are not UTF-8 or hold control
  // characters, or where there are too many.
  bool check(Notes&) const;

  // Past the tag and the anchor of the value at `offset`: its first character.
  std::size_t skip_properties(std::size_t offset) const;
  // Past the closing quote of the quoted scalar at `offset`; none where there is no such quote.
  std::optional<std::size_t> close_quote(std::size_t offset) const;
  // Whether a '?' leads the key at `offset`.
  bool is_explicit_key(std::size_t offset) const;
  // Whether a ':' follows the one-line key at `offset` whose content is `key`.
  bool is_key(std::size_t offset, std::string_view key) const;
  // Whether a line "---" or "..." comes between the content at `offset` and what is before it.
  bool starts_document(std::size_t offset) const;

 private:
  std::string_view text_;
  const std::string* file_;
  std::vector<std::size_t> lines_;  // where each starts
};

}  // namespace kontena::compose
