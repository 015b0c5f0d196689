#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "kontena/base/result.h"

namespace kontena::client {

// What a command writes: a new file beside the wanted one, only its owner's, which takes
// its name once it is whole.
class NewFile {
 public:
  static Result<NewFile> make(const std::string& path, bool force);
  NewFile(NewFile&& other) noexcept
      : path_(std::move(other.path_)), beside_(std::move(other.beside_)), fd_(std::exchange(other.fd_, -1)) {}
  ~NewFile();

  Status write(std::string_view bytes);
  Status keep();

 private:
  explicit NewFile(std::string path);
  Error failed(int number) const;

  std::string path_;
  std::string beside_;
  int fd_ = -1;
};

}  // namespace kontena::client
