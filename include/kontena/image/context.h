#pragma once

#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "kontena/base/result.h"
#include "kontena/image/ignore.h"
#include "kontena/image/tar.h"

namespace kontena::image {

// A file of a context that is not one of its folder.
struct Extra {
  std::string path;
  std::string content;
};

// What a build is given: a folder's files but those that are left out, and files of our own, in
// order of path. Links stay links and lead where they will; sockets and devices are passed over.
struct Context {
  std::string folder;
  std::vector<TarEntry> entries;
  std::vector<Extra> extras;  // each in place of an entry of the same path
};

// `always` are in it whatever the rules say: the Dockerfile, which the engine needs.
Result<Context> list_context(const std::string& folder, const Ignore&, const std::vector<std::string>& always,
                             std::vector<Extra> extras);

// The archive of a context, piece by piece; at most one file is open at a time.
class Packer {
 public:
  // Without times two archives are equal where all else is.
  Packer(const Context& context, bool with_times) : context_(context), with_times_(with_times) {}
  // "" at the end. Code::failed_precondition where a file has changed since it was listed.
  Result<std::string> next();

 private:
  const Context& context_;
  const bool with_times_;
  std::size_t at_ = 0;
  bool ended_ = false;
  std::ifstream file_;
  std::int64_t left_ = 0;  // of the file at hand
};

// SHA-256, in hex, of a context's archive without times.
Result<std::string> digest_of(const Context&);

}  // namespace kontena::image
