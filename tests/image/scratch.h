#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "kontena/image/tar.h"

namespace kontena::image::test {

// A folder of its own, removed at the end.
class Scratch {
 public:
  Scratch() {
    std::string made = (std::filesystem::temp_directory_path() / "kontena-image-XXXXXX").string();
    path_ = ::mkdtemp(made.data());
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  std::string path(const std::string& name = {}) const { return name.empty() ? path_ : path_ + '/' + name; }
  void write(const std::string& name, const std::string& content) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name), std::ios::binary) << content;
  }

 private:
  std::string path_;
};

struct Unpacked : TarReader::Sink {
  struct File {
    TarEntry entry;
    std::string content;
  };
  std::vector<File> files;
  Status begin(const TarEntry& entry) override { return files.push_back({entry, {}}), Done{}; }
  Status bytes(std::string_view some) override { return files.back().content += some, Done{}; }
  Status end() override { return Done{}; }
};

}  // namespace kontena::image::test
