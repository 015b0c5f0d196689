#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/model/validate.h"

// What the checks of stacks and of services share.
namespace kontena::model {

inline constexpr std::size_t most_services = 2'000;
inline constexpr std::size_t most_entries = 1'000;          // of one list or map
inline constexpr std::size_t longest_value = 64 * 1024;     // of one string
inline constexpr std::size_t largest_record = 1024 * 1024;  // of a service: one transaction of the store
inline constexpr std::size_t longest_name = 255;
inline constexpr std::int64_t most_replicas = 10'000;
inline constexpr std::int64_t longest_span_ms = 24 * 3'600'000;  // of a delay
inline constexpr std::int64_t longest_pull_ms = 10 * 365 * longest_span_ms;
inline constexpr std::int64_t least_memory = 6 * 1024 * 1024;  // the engine refuses less

// Gathers problems; a path is joined as it is needed.
class Problems {
 public:
  void add(std::string path, std::string what) { found_.push_back({std::move(path), std::move(what)}); }
  // Adds it unless all is well.
  void expect(bool well, const std::string& path, std::string_view what) {
    if (!well) add(path, std::string(what));
  }
  std::vector<Problem> take() { return std::move(found_); }

 private:
  std::vector<Problem> found_;
};

// "'web app'", cut short and without control characters, for messages.
std::string quoted(std::string_view);
bool has_control(std::string_view);
// 1 to 255 of a-z A-Z 0-9 . _ -, the first a letter or digit: how the engine names its objects.
bool is_object_name(std::string_view);

// Names and lengths of a map of labels, environment or options. `reserved`: a
// prefix that is ours, or "".
void check_map(Problems&, const std::string& path, const StringMap&, std::string_view reserved = "");
// Length and, where it is a name or a word for the engine, no control characters.
void check_word(Problems&, const std::string& path, std::string_view value, std::size_t longest = longest_name);

void check_image(Problems&, const std::string& path, std::string_view image);
void check_image_digest(Problems&, const std::string& path, const ServiceSpec&);
void check_service(Problems&, const std::string& path, const ServiceSpec&, const StackSpec&);
void check_scrape(Problems&, const std::string& path, const ServiceSpec&);
void check_hooks(Problems&, const std::string& path, const ServiceSpec&);
std::size_t size_of_hooks(const ServiceSpec&);
void check_options(Problems&, const std::string& path, const ServiceSpec&);
std::size_t size_of_options(const ServiceSpec&);
bool is_mac_address(std::string_view);  // "02:42:ac:11:65:43"
// Why no service like this has one address of that kind for its containers; "" where it may.
std::string why_no_mac(const ServiceSpec&);
void check_ports(Problems&, const std::string& path, const ServiceSpec&);
void check_mounts(Problems&, const std::string& path, const ServiceSpec&, const StackSpec&);
void check_network_mode(Problems&, const std::string& path, const ServiceSpec&);
void check_network(Problems&, const std::string& path, const NetworkSpec&);
// "sha256:…", or "": whether there must be one only its user knows.
void check_digest(Problems&, const std::string& path, std::string_view digest);
void check_files(Problems&, const std::string& path, const ServiceSpec&, const StackSpec&);
void check_files(Problems&, const std::string& path, const std::map<std::string, FileSpec>&, bool stored);  // may be of a project's store
void check_static_addresses(Problems&, const StackSpec&);
void check_alerts(Problems&, const StackSpec&);
void check_names(Problems&, const StackSpec&);
void check_together(Problems&, const StackSpec&);
std::size_t size_of(const ServiceSpec&);  // of all its strings, roughly what it takes in the store

}  // namespace kontena::model
