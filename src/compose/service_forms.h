#pragma once

#include "keys.h"

// The canonical forms of single keys of a service. Each is a Canonicalise.
namespace kontena::compose {

void ports(Reader&, Node&, const std::string& path);
void published_port(Reader&, Node&, const std::string& path);
void port_address(Reader&, Node&, const std::string& path);

void mounts(Reader&, Node&, const std::string& path);

void depends_on(Reader&, Node&, const std::string& path);
void dependency_condition(Reader&, Node&, const std::string& path);
void attachments(Reader&, Node&, const std::string& path);
void env_files(Reader&, Node&, const std::string& path);
void label_files(Reader&, Node&, const std::string& path);
void health_check(Reader&, Node&, const std::string& path);
void health_test(Reader&, Node&, const std::string& path);
void pull_policy(Reader&, Node&, const std::string& path);
void links(Reader&, Node&, const std::string& path);
void container_name(Reader&, Node&, const std::string& path);
void deploy(Reader&, Node&, const std::string& path);
void number_options(Reader&, Node&, const std::string& path);  // names to text and numbers
void driver_options(Reader&, Node&, const std::string& path);  // likewise, and of each something
void logging(Reader&, Node&, const std::string& path);
void ulimits(Reader&, Node&, const std::string& path);
void dns_servers(Reader&, Node&, const std::string& path);
void extra_hosts(Reader&, Node&, const std::string& path);

// An absolute path without "." and ".." parts; `~` is the client's home.
std::string absolute(const Reader&, std::string_view path);
std::string absolute_path(const Reader&, const std::string& folder, std::string_view path);

}  // namespace kontena::compose
