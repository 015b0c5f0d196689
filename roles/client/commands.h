#pragma once

#include <span>
#include <string_view>

#include "command.h"

namespace kontena::client {

std::span<const Command> commands();       // sorted by words
std::span<const Option> global_options();  // that every command takes
const Command* find_command(std::string_view words);

// The functions of the rows, by noun in commands/.
Result<int> alert_ack(Session&);
Result<int> alert_create(Session&);
Result<int> alert_ls(Session&);
Result<int> alert_rm(Session&);
Result<int> alert_silence(Session&);
Result<int> alert_test(Session&);
Result<int> attach(Session&);
Result<int> audit_export(Session&);
Result<int> audit_ls(Session&);
Result<int> audit_verify(Session&);
Result<int> backup(Session&);
Result<int> binding_create(Session&);
Result<int> binding_ls(Session&);
Result<int> binding_rm(Session&);
Result<int> can_i(Session&);
Result<int> completion(Session&);
Result<int> context_ls(Session&);
Result<int> context_rm(Session&);
Result<int> context_use(Session&);
Result<int> cp(Session&);
Result<int> deployment_abort(Session&);
Result<int> deployment_ls(Session&);
Result<int> deployment_show(Session&);
Result<int> deployment_wait(Session&);
Result<int> events(Session&);
Result<int> exec(Session&);
Result<int> grid_create(Session&);
Result<int> grid_ls(Session&);
Result<int> grid_network_rotate_keys(Session&);
Result<int> grid_rebalance(Session&);
Result<int> grid_rm(Session&);
Result<int> grid_set(Session&);
Result<int> grid_show(Session&);
Result<int> help(Session&);
Result<int> login(Session&);
Result<int> logout(Session&);
Result<int> logs(Session&);
Result<int> network_create(Session&);
Result<int> network_ls(Session&);
Result<int> network_rm(Session&);
Result<int> network_show(Session&);
Result<int> network_test(Session&);
Result<int> node_activate(Session&);
Result<int> node_drain(Session&);
Result<int> node_label(Session&);
Result<int> node_ls(Session&);
Result<int> node_network(Session&);
Result<int> node_pause(Session&);
Result<int> node_rm(Session&);
Result<int> node_show(Session&);
Result<int> policy_set(Session&);
Result<int> policy_show(Session&);
Result<int> port_forward(Session&);
Result<int> project_create(Session&);
Result<int> project_ls(Session&);
Result<int> project_rm(Session&);
Result<int> project_show(Session&);
Result<int> ps(Session&);
Result<int> registry_login(Session&);
Result<int> registry_ls(Session&);
Result<int> registry_rm(Session&);
Result<int> role_create(Session&);
Result<int> role_ls(Session&);
Result<int> role_rm(Session&);
Result<int> role_show(Session&);
Result<int> secret_history(Session&);
Result<int> secret_key(Session&);
Result<int> secret_ls(Session&);
Result<int> secret_reseal(Session&);
Result<int> secret_rm(Session&);
Result<int> secret_set(Session&);
Result<int> secret_show(Session&);
Result<int> service_ls(Session&);
Result<int> service_restart(Session&);
Result<int> service_scale(Session&);
Result<int> service_show(Session&);
Result<int> session_ls(Session&);
Result<int> session_rm(Session&);
Result<int> sso_rm(Session&);
Result<int> sso_set(Session&);
Result<int> sso_show(Session&);
Result<int> stack_build(Session&);
Result<int> stack_check(Session&);
Result<int> stack_config(Session&);
Result<int> stack_deploy(Session&);
Result<int> stack_history(Session&);
Result<int> stack_ls(Session&);
Result<int> stack_rm(Session&);
Result<int> stack_show(Session&);
Result<int> stack_start(Session&);
Result<int> stack_stop(Session&);
Result<int> status(Session&);
Result<int> token_create(Session&);
Result<int> token_ls(Session&);
Result<int> token_rm(Session&);
Result<int> token_rotate(Session&);
Result<int> user_create(Session&);
Result<int> user_disable(Session&);
Result<int> user_enable(Session&);
Result<int> user_invite(Session&);
Result<int> user_ls(Session&);
Result<int> user_password(Session&);
Result<int> user_rm(Session&);
Result<int> user_set(Session&);
Result<int> user_show(Session&);
Result<int> version(Session&);
Result<int> webhook_create(Session&);
Result<int> webhook_ls(Session&);
Result<int> webhook_rm(Session&);
Result<int> whoami(Session&);
Result<int> why(Session&);

}  // namespace kontena::client
