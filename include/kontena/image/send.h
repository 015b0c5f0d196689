#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "kontena/image/parts.h"

namespace kontena::image {

// A file without a name, so that none is left whatever ends us.
class ScratchFile {
 public:
  static Result<ScratchFile> make(const std::string& folder);
  ScratchFile(ScratchFile&& other) noexcept;
  ScratchFile& operator=(ScratchFile&&) = delete;
  ~ScratchFile();
  std::string path() const;  // while this lives

 private:
  explicit ScratchFile(int fd) : fd_(fd) {}
  int fd_;
};

// Where the parts of an image go, and where they come from.
struct Sending {
  std::function<Result<bool>(const std::string& digest)> has;
  std::function<Status(const std::string& digest, const std::string& path)> send;
  std::function<Status(const std::string& digest, const std::string& bytes)> send_text;
  // The image's archive, as its engine saves it.
  std::function<Status(const std::function<Status(std::string_view)>& sink)> save;
  std::function<void()> saving;  // told before that
  std::string scratch;           // a file that parts are in, one at a time
};

struct Sent {
  std::string digest;       // of the manifest: what the image is called by
  std::size_t parts = 0;    // of the image
  std::size_t missing = 0;  // those that were sent
  std::int64_t bytes = 0;   // of them
};

// Sees to it that all of an image is there, its manifest too. `guess` is the manifest that its engine's
// description makes likely: where it is right, nothing is saved that is there already.
Result<Sent> send(const Manifest& guess, const Sending&);

}  // namespace kontena::image
