#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <source_location>
#include <string>

namespace kontena {

// The folder `data` beside the caller's file. The compiler names files from the build
// folder, which is where the test executable's folder is.
inline std::filesystem::path data_folder(std::source_location caller = std::source_location::current()) {
  const std::filesystem::path here = std::filesystem::path(caller.file_name()).parent_path() / "data";
  if (here.is_absolute()) return here;
  return std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / here;
}

// Holds the text against data/NAME. With KTN_ACCEPT=1 the file is made anew.
inline void check_golden(const std::string& name, const std::string& text,
                         std::source_location caller = std::source_location::current()) {
  const auto path = data_folder(caller) / name;
  CAPTURE(path);
  if (const char* accept = std::getenv("KTN_ACCEPT"); accept && std::string(accept) == "1") std::ofstream(path) << text;
  std::ifstream file(path);
  const std::string golden{std::istreambuf_iterator<char>(file), {}};
  CHECK(golden == text);
}

}  // namespace kontena
