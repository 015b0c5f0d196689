#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/base/result.h"

namespace kontena::netlink {

struct Limit {
  Duration time{30'000};
  std::size_t bytes = 16u << 20;  // of what it prints, on either stream
};

struct Output {
  int status = 0;  // of its exit; 128 + the signal's number where one ended it
  std::string out;
  std::string err;

  // The last line of what it complained of that says something.
  std::string_view complaint() const;
};

// Runs a program without a shell: argv[0] is its path. `input` is its standard input,
// of our descriptors it gets none, of our environment nothing; it has a session of its
// own. At the end of the limit it is killed, with what it has started in that session.
Result<Output> run(const std::vector<std::string>& argv, std::string_view input, const Limit& limit = {});

// Where a program is: in the folders of the system's programs. Empty where it is not.
std::string find_program(std::string_view name);

}  // namespace kontena::netlink
