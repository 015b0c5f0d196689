#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "command.h"
#include "outside.h"

namespace kontena::client {

// What the user gave: words after the command's own, and options by long name. An
// option that was not given takes its environment twin's value.
class Arguments {
 public:
  std::vector<std::string> words;

  bool has(std::string_view option) const { return options_.find(option) != options_.end(); }
  std::string value(std::string_view option, std::string_view otherwise = {}) const;  // the last one given
  std::vector<std::string> values(std::string_view option) const;
  bool from_command_line(std::string_view option) const;

  void add(std::string_view option, std::string value, bool from_environment);

 private:
  struct Given {
    std::vector<std::string> values;
    bool from_environment = false;
  };
  std::map<std::string, Given, std::less<>> options_;
};

struct Parsed {
  const Command* command = nullptr;
  std::string group;     // "stack", where no more was given
  bool help = false;     // --help was among the arguments
  bool version = false;  // --version, without a command
  Arguments arguments;
  std::optional<Error> wrong;  // Code::invalid_argument, with a hint where something is near
};

// Never fails: what is wrong is in the answer, beside the command where it is known.
Parsed parse(std::span<const std::string> all, const Environment&);

// How many words a command takes, from its row.
struct Arity {
  std::size_t least = 0;
  std::size_t most = 0;
};
Arity arity(const Command&);

}  // namespace kontena::client
