#pragma once

#include <memory>
#include <string>

namespace kontena::compose {

struct Node;  // src/compose/node.h: a value with its kind, tag and position

// A Compose project in canonical form: long forms, defaults, absolute paths, and
// for each value where in which file it was written. Immutable and cheap to copy.
class Document {
 public:
  explicit Document(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
  const Node& root() const { return *root_; }
  std::string name() const;  // of the project
  std::string yaml() const;  // as `docker compose config` prints it
  std::string json() const;

 private:
  std::shared_ptr<const Node> root_;
};

}  // namespace kontena::compose
