#pragma once

#include <compare>
#include <string>
#include <utility>

namespace kontena {

// A string that names one kind of thing: a NodeId does not compare with, or
// convert to, an InstanceId. `*id` is the text.
template <class Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string text) : text_(std::move(text)) {}

  const std::string& operator*() const { return text_; }
  std::string& text() { return text_; }  // for the codec
  bool empty() const { return text_.empty(); }
  friend auto operator<=>(const Id&, const Id&) = default;

 private:
  std::string text_;
};

}  // namespace kontena
