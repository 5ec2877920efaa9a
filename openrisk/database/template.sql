-- Written by `make schema`. Do not edit by hand.
-- migration accounts 0001_initial
-- migration accounts 0002_end_sessions
-- migration accounts 0003_key_fingerprints
-- migration accounts 0004_account_events
-- migration accounts 0005_credentials
-- migration accounts 0006_invitations
-- migration accounts 0007_form_submission
-- migration accounts 0008_wording
-- migration admin 0001_initial
-- migration admin 0002_logentry_remove_auto_add
-- migration admin 0003_logentry_add_action_flag_choices
-- migration api 0001_initial
-- migration auth 0001_initial
-- migration auth 0002_alter_permission_name_max_length
-- migration auth 0003_alter_user_email_max_length
-- migration auth 0004_alter_user_username_opts
-- migration auth 0005_alter_user_last_login_null
-- migration auth 0006_require_contenttypes_0002
-- migration auth 0007_alter_validators_add_error_messages
-- migration auth 0008_alter_user_username_max_length
-- migration auth 0009_alter_user_last_name_max_length
-- migration auth 0010_alter_group_name_max_length
-- migration auth 0011_update_proxy_permissions
-- migration auth 0012_alter_user_first_name_max_length
-- migration caching 0001_token_table
-- migration contenttypes 0001_initial
-- migration contenttypes 0002_remove_content_type_name
-- migration dashboards 0001_initial
-- migration dashboards 0002_report_schedule
-- migration dashboards 0003_schedule_board
-- migration dashboards 0004_schedule_author
-- migration dashboards 0005_checklist_dismissal
-- migration dashboards 0006_working_day_and_documents
-- migration django_tasks_database 0001_initial
-- migration django_tasks_database 0002_alter_dbtaskresult_options
-- migration django_tasks_database 0003_dbtaskresult_enqueued_at_dbtaskresult_finished_at
-- migration django_tasks_database 0004_dbtaskresult_started_at
-- migration django_tasks_database 0005_alter_dbtaskresult_priority_and_more
-- migration django_tasks_database 0006_alter_dbtaskresult_args_kwargs_and_more
-- migration django_tasks_database 0007_add_separate_results_fields
-- migration django_tasks_database 0008_separate_results_field
-- migration django_tasks_database 0009_remove_results_field
-- migration django_tasks_database 0010_alter_dbtaskresult_status
-- migration django_tasks_database 0011_rename_complete_status
-- migration django_tasks_database 0012_add_separate_exception_fields
-- migration django_tasks_database 0013_separate_exception_fields
-- migration django_tasks_database 0014_remove_dbtaskresult_exception_data
-- migration django_tasks_database 0015_correctly_order_run_after
-- migration django_tasks_database 0016_remove_dbtaskresult_django_task_new_ordering_idx_and_more
-- migration django_tasks_database 0017_dbtaskresult_metadata
-- migration django_tasks_database 0018_rename_succeeded_status
-- migration django_tasks_database 0019_rename_django_task_new_ordering_idx_tasks_db_new_ordering_idx_and_more
-- migration django_tasks_database 0020_update_db_task_result_ordering
-- migration django_tasks_database 0021_conditional_partial_index_ordering
-- migration marketplace 0001_initial
-- migration marketplace 0002_pack_signers
-- migration marketplace 0003_internal_failures
-- migration marketplace 0004_test_queued_at
-- migration marketplace 0005_encrypt_addresses
-- migration marketplace 0006_installed_app
-- migration monitoring 0001_initial
-- migration risks 0001_initial
-- migration risks 0002_search_index
-- migration risks 0003_link_indexes
-- migration risks 0004_ledgers
-- migration risks 0005_connectors
-- migration risks 0006_standing_index
-- migration risks 0007_acceptance_basis
-- migration risks 0008_registered_at
-- migration risks 0009_import_options
-- migration risks 0010_folded_search
-- migration risks 0011_import_sources
-- migration risks 0012_source_ratings
-- migration risks 0013_vulnerability_facts
-- migration risks 0014_name_keys
-- migration risks 0015_search_titles
-- migration risks 0016_saved_views
-- migration risks 0017_treatment
-- migration risks 0018_bulk_changes
-- migration risks 0019_attachments
-- migration risks 0020_sample_source
-- migration risks 0021_comments
-- migration risks 0022_deleted_items
-- migration risks 0023_list_groups
-- migration risks 0024_risk_relations
-- migration risks 0025_status_by_priority
-- migration risks 0026_control_owners
-- migration risks 0027_finding_decisions
-- migration risks 0028_category_owner
-- migration risks 0029_bulk_subjects
-- migration risks 0030_control_bulk_changes
-- migration risks 0031_imports_in_pages
-- migration risks 0032_finding_bulk_changes
-- migration risks 0033_asset_rank
-- migration risks 0034_indexes_of_figures
-- migration risks 0035_custom_fields
-- migration risks 0036_asset_merges
-- migration risks 0037_matrix_sizes
-- migration sessions 0001_initial
-- migration tasks 0001_initial
-- migration tasks 0002_turns
CREATE TABLE "django_migrations" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app" varchar(255) NOT NULL, "name" varchar(255) NOT NULL, "applied" datetime NOT NULL);
CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL);
CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date");
CREATE TABLE "django_content_type" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app_label" varchar(100) NOT NULL, "model" varchar(100) NOT NULL);
CREATE UNIQUE INDEX "django_content_type_app_label_model_76bd3d3b_uniq" ON "django_content_type" ("app_label", "model");
CREATE TABLE "auth_group_permissions" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED, "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE UNIQUE INDEX "auth_group_permissions_group_id_permission_id_0cd325b0_uniq" ON "auth_group_permissions" ("group_id", "permission_id");
CREATE INDEX "auth_group_permissions_group_id_b120cbf9" ON "auth_group_permissions" ("group_id");
CREATE INDEX "auth_group_permissions_permission_id_84c5c92e" ON "auth_group_permissions" ("permission_id");
CREATE TABLE "auth_permission" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "content_type_id" integer NOT NULL REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED, "codename" varchar(100) NOT NULL, "name" varchar(255) NOT NULL);
CREATE UNIQUE INDEX "auth_permission_content_type_id_codename_01ab375a_uniq" ON "auth_permission" ("content_type_id", "codename");
CREATE INDEX "auth_permission_content_type_id_2f476e4b" ON "auth_permission" ("content_type_id");
CREATE TABLE "auth_group" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(150) NOT NULL UNIQUE);
CREATE TABLE "accounts_organization" ("id" char(32) NOT NULL PRIMARY KEY, "name" varchar(150) NOT NULL, "slug" varchar(60) NOT NULL UNIQUE, "created_at" datetime NOT NULL);
CREATE TABLE "accounts_user_groups" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_id" char(32) NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "accounts_user_user_permissions" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_id" char(32) NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "accounts_apitoken" ("digest" varchar(128) NOT NULL PRIMARY KEY, "token_key" varchar(25) NOT NULL, "created" datetime NOT NULL, "expiry" datetime NULL, "uid" char(32) NOT NULL UNIQUE, "name" varchar(100) NOT NULL, "read_only" bool NOT NULL, "allowed_networks" text NOT NULL CHECK ((JSON_VALID("allowed_networks") OR "allowed_networks" IS NULL)), "last_used_on" date NULL, "user_id" char(32) NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "parent_id" varchar(128) NULL REFERENCES "accounts_apitoken" ("digest") DEFERRABLE INITIALLY DEFERRED);
CREATE UNIQUE INDEX "accounts_user_groups_user_id_group_id_59c0b32f_uniq" ON "accounts_user_groups" ("user_id", "group_id");
CREATE INDEX "accounts_user_groups_user_id_52b62117" ON "accounts_user_groups" ("user_id");
CREATE INDEX "accounts_user_groups_group_id_bd11a704" ON "accounts_user_groups" ("group_id");
CREATE UNIQUE INDEX "accounts_user_user_permissions_user_id_permission_id_2ab516c2_uniq" ON "accounts_user_user_permissions" ("user_id", "permission_id");
CREATE INDEX "accounts_user_user_permissions_user_id_e4f0a161" ON "accounts_user_user_permissions" ("user_id");
CREATE INDEX "accounts_user_user_permissions_permission_id_113bb443" ON "accounts_user_user_permissions" ("permission_id");
CREATE INDEX "accounts_apitoken_token_key_8fc3309f" ON "accounts_apitoken" ("token_key");
CREATE INDEX "accounts_apitoken_user_id_bbee13e0" ON "accounts_apitoken" ("user_id");
CREATE INDEX "accounts_apitoken_organization_id_bcea66d7" ON "accounts_apitoken" ("organization_id");
CREATE TABLE "accounts_membership" ("id" char(32) NOT NULL PRIMARY KEY, "role" varchar(10) NOT NULL, "created_at" datetime NOT NULL, "user_id" char(32) NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "membership_unique" UNIQUE ("user_id", "organization_id"), CONSTRAINT "membership_role_known" CHECK ("role" IN ('viewer', 'analyst', 'manager', 'admin')));
CREATE INDEX "accounts_membership_user_id_487fb39e" ON "accounts_membership" ("user_id");
CREATE INDEX "accounts_membership_organization_id_936776de" ON "accounts_membership" ("organization_id");
CREATE INDEX "api_token_owner" ON "accounts_apitoken" ("user_id", "organization_id");
CREATE TABLE "accounts_keyfingerprint" ("name" varchar(20) NOT NULL PRIMARY KEY, "fingerprint" varchar(16) NOT NULL, "noted_at" datetime NOT NULL);
CREATE TABLE "accounts_accountevent" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "at" datetime NOT NULL, "kind" varchar(20) NOT NULL, "email" varchar(254) NOT NULL, "address" char(39) NULL, "request_id" varchar(128) NOT NULL, "detail" text NOT NULL CHECK ((JSON_VALID("detail") OR "detail" IS NULL)), "actor_id" char(32) NULL, "organization_id" char(32) NULL, "person_id" char(32) NULL);
CREATE INDEX "account_event_organization" ON "accounts_accountevent" ("organization_id", "id");
CREATE INDEX "account_event_person" ON "accounts_accountevent" ("person_id", "id");
CREATE INDEX "accounts_apitoken_parent_id_cf254cc0" ON "accounts_apitoken" ("parent_id");
CREATE TABLE "accounts_loginfailure" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "email" varchar(254) NOT NULL, "address" char(39) NOT NULL, "at" datetime NOT NULL, "device" varchar(32) NOT NULL);
CREATE INDEX "login_failure_email" ON "accounts_loginfailure" ("email", "at");
CREATE INDEX "login_failure_address" ON "accounts_loginfailure" ("address", "at");
CREATE TABLE "accounts_user" ("password" varchar(128) NOT NULL, "last_login" datetime NULL, "is_superuser" bool NOT NULL, "id" char(32) NOT NULL PRIMARY KEY, "name" varchar(150) NOT NULL, "is_active" bool NOT NULL, "created_at" datetime NOT NULL, "is_service" bool NOT NULL, "password_change_required" bool NOT NULL, "email" varchar(254) NOT NULL UNIQUE);
CREATE UNIQUE INDEX "user_email_unique" ON "accounts_user" ((LOWER("email")));
CREATE TABLE "accounts_invitation" ("id" char(32) NOT NULL PRIMARY KEY, "address" varchar(254) NOT NULL, "role" varchar(10) NOT NULL, "status" varchar(8) NOT NULL, "digest" varchar(64) NULL UNIQUE, "created_at" datetime NOT NULL, "expires_at" datetime NOT NULL, "invited_by_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "invitation_role_known" CHECK ("role" IN ('viewer', 'analyst', 'manager', 'admin')));
CREATE UNIQUE INDEX "invitation_one_pending" ON "accounts_invitation" ("organization_id", "address") WHERE "status" = 'pending';
CREATE INDEX "accounts_invitation_invited_by_id_94a21efc" ON "accounts_invitation" ("invited_by_id");
CREATE INDEX "accounts_invitation_organization_id_2be75950" ON "accounts_invitation" ("organization_id");
CREATE TABLE "accounts_formsubmission" ("key" varchar(64) NOT NULL PRIMARY KEY, "fingerprint" varchar(64) NOT NULL, "location" text NOT NULL, "created_at" datetime NOT NULL);
CREATE INDEX "accounts_formsubmission_created_at_e0bdbe8c" ON "accounts_formsubmission" ("created_at");
CREATE TABLE "django_admin_log" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "object_id" text NULL, "object_repr" varchar(200) NOT NULL, "action_flag" smallint unsigned NOT NULL CHECK ("action_flag" >= 0), "change_message" text NOT NULL, "content_type_id" integer NULL REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" char(32) NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "action_time" datetime NOT NULL);
CREATE INDEX "django_admin_log_content_type_id_c4bce8eb" ON "django_admin_log" ("content_type_id");
CREATE INDEX "django_admin_log_user_id_c564eba6" ON "django_admin_log" ("user_id");
CREATE TABLE "api_idempotencyrecord" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "key" varchar(255) NOT NULL, "fingerprint" varchar(64) NOT NULL, "status" smallint unsigned NOT NULL CHECK ("status" >= 0), "body" BLOB NOT NULL, "headers" text NOT NULL CHECK ((JSON_VALID("headers") OR "headers" IS NULL)), "created_at" datetime NOT NULL, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" char(32) NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "idempotency_key_unique" UNIQUE ("user_id", "organization_id", "key"));
CREATE INDEX "api_idempotencyrecord_created_at_37e80017" ON "api_idempotencyrecord" ("created_at");
CREATE INDEX "api_idempotencyrecord_organization_id_d6d78575" ON "api_idempotencyrecord" ("organization_id");
CREATE INDEX "api_idempotencyrecord_user_id_d633b9e9" ON "api_idempotencyrecord" ("user_id");
CREATE TABLE cache_token (tag text PRIMARY KEY NOT NULL, token integer NOT NULL)
WITHOUT ROWID;
CREATE TABLE "dashboards_board" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "slug" varchar(60) NOT NULL, "name" varchar(80) NOT NULL, "shared" bool NOT NULL, "widgets" text NOT NULL CHECK ((JSON_VALID("widgets") OR "widgets" IS NULL)), "filters" text NOT NULL CHECK ((JSON_VALID("filters") OR "filters" IS NULL)), "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "owner_id" char(32) NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "board_slug_unique" UNIQUE ("organization_id", "slug"), CONSTRAINT "board_name_present" CHECK (NOT ("name" = '')));
CREATE INDEX "dashboards_board_slug_0dcb4cdd" ON "dashboards_board" ("slug");
CREATE INDEX "dashboards_board_organization_id_5269dd0c" ON "dashboards_board" ("organization_id");
CREATE INDEX "dashboards_board_owner_id_1e8fac20" ON "dashboards_board" ("owner_id");
CREATE TABLE "dashboards_checklistdismissal" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "dismissed_by_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "checklist_dismissal_unique" UNIQUE ("organization_id"));
CREATE INDEX "dashboards_checklistdismissal_dismissed_by_id_caa03168" ON "dashboards_checklistdismissal" ("dismissed_by_id");
CREATE INDEX "dashboards_checklistdismissal_organization_id_62e026ce" ON "dashboards_checklistdismissal" ("organization_id");
CREATE TABLE "dashboards_reportschedule" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "dashboard" varchar(20) NOT NULL, "recipients" text NOT NULL CHECK ((JSON_VALID("recipients") OR "recipients" IS NULL)), "cron" varchar(100) NOT NULL, "period" varchar(4) NOT NULL, "active" bool NOT NULL, "next_run_at" datetime NOT NULL, "last_sent_at" datetime NULL, "last_error" text NOT NULL, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "board_id" char(32) NULL REFERENCES "dashboards_board" ("id") DEFERRABLE INITIALLY DEFERRED, "author_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "last_recipients" text NOT NULL CHECK ((JSON_VALID("last_recipients") OR "last_recipients" IS NULL)), "first_working_day" bool NOT NULL, CONSTRAINT "report_dashboard_known" CHECK ("dashboard" IN ('executive')), CONSTRAINT "report_period_known" CHECK ("period" IN ('7d', '30d', '90d', '365d')));
CREATE INDEX "dashboards_reportschedule_organization_id_f7f9eb75" ON "dashboards_reportschedule" ("organization_id");
CREATE INDEX "dashboards_reportschedule_board_id_0b14480f" ON "dashboards_reportschedule" ("board_id");
CREATE INDEX "dashboards_reportschedule_author_id_c7bc44c8" ON "dashboards_reportschedule" ("author_id");
CREATE INDEX "report_due" ON "dashboards_reportschedule" ("next_run_at") WHERE "active";
CREATE TABLE "dashboards_documentsettings" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "confidentiality" varchar(120) NOT NULL, "logo" BLOB NOT NULL, "logo_digest" varchar(64) NOT NULL, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "document_settings_unique" UNIQUE ("organization_id"));
CREATE INDEX "dashboards_documentsettings_organization_id_858a1692" ON "dashboards_documentsettings" ("organization_id");
CREATE TABLE "django_tasks_database_dbtaskresult" ("id" char(32) NOT NULL PRIMARY KEY, "args_kwargs" text NOT NULL CHECK ((JSON_VALID("args_kwargs") OR "args_kwargs" IS NULL)), "priority" integer NOT NULL, "task_path" text NOT NULL, "queue_name" varchar(32) NOT NULL, "backend_name" varchar(32) NOT NULL, "run_after" datetime NOT NULL, "enqueued_at" datetime NOT NULL, "finished_at" datetime NULL, "started_at" datetime NULL, "return_value" text NULL CHECK ((JSON_VALID("return_value") OR "return_value" IS NULL)), "exception_class_path" text NOT NULL, "traceback" text NOT NULL, "worker_ids" text NOT NULL CHECK ((JSON_VALID("worker_ids") OR "worker_ids" IS NULL)), "status" varchar(10) NOT NULL, CONSTRAINT "priority_range" CHECK ("priority" BETWEEN -100 AND 100));
CREATE INDEX "django_task_queue_n_99c321_idx" ON "django_tasks_database_dbtaskresult" ("queue_name");
CREATE INDEX "django_task_backend_071754_idx" ON "django_tasks_database_dbtaskresult" ("backend_name");
CREATE INDEX "tasks_db_new_ordering_idx" ON "django_tasks_database_dbtaskresult" ("status", "priority" DESC, "run_after" ASC, "enqueued_at" ASC) WHERE "status" = 'READY';
CREATE TABLE "risks_assetdependency" ("id" char(32) NOT NULL PRIMARY KEY, "kind" varchar(12) NOT NULL, "asset_id" char(32) NOT NULL REFERENCES "risks_asset" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "target_id" char(32) NOT NULL REFERENCES "risks_asset" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "dependency_unique" UNIQUE ("asset_id", "target_id", "kind"), CONSTRAINT "dependency_no_self_loop" CHECK (NOT ("asset_id" = ("target_id"))), CONSTRAINT "dependency_kind_known" CHECK ("kind" IN ('depends_on', 'runs_on', 'connects_to', 'stored_in', 'supplied_by')));
CREATE TABLE "risks_change" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "model" varchar(40) NOT NULL, "object_id" char(32) NOT NULL, "action" varchar(7) NOT NULL, "at" datetime NOT NULL, "comment" text NOT NULL, "request_id" varchar(128) NOT NULL, "run_id" char(32) NULL, "changes" text NOT NULL CHECK ((JSON_VALID("changes") OR "changes" IS NULL)), "actor_id" char(32) NULL, "organization_id" char(32) NULL);
CREATE TABLE "risks_referencecounter" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "kind" varchar(1) NOT NULL, "last" integer unsigned NOT NULL CHECK ("last" >= 0), "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "counter_unique" UNIQUE ("organization_id", "kind"));
CREATE TABLE "risks_reminder" ("id" char(32) NOT NULL PRIMARY KEY, "on" date NOT NULL, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" char(32) NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "reminder_once_a_day" UNIQUE ("user_id", "organization_id", "on"));
CREATE TABLE "risks_actiondependency" ("id" char(32) NOT NULL PRIMARY KEY, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "action_id" char(32) NOT NULL REFERENCES "risks_mitigationaction" ("id") DEFERRABLE INITIALLY DEFERRED, "depends_on_id" char(32) NOT NULL REFERENCES "risks_mitigationaction" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "action_dependency_unique" UNIQUE ("action_id", "depends_on_id"), CONSTRAINT "action_no_self_loop" CHECK (NOT ("action_id" = ("depends_on_id"))));
CREATE TABLE "risks_mitigationaction" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "title" varchar(255) NOT NULL, "order" integer unsigned NOT NULL CHECK ("order" >= 0), "due_date" date NULL, "done_at" datetime NULL, "done_by_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "mitigation_id" char(32) NOT NULL REFERENCES "risks_mitigation" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "assignee_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "action_title_present" CHECK (NOT ("title" = '')));
CREATE INDEX "risks_assetdependency_asset_id_a18ecb8a" ON "risks_assetdependency" ("asset_id");
CREATE INDEX "risks_assetdependency_organization_id_23eb66dc" ON "risks_assetdependency" ("organization_id");
CREATE INDEX "risks_assetdependency_target_id_03f38a10" ON "risks_assetdependency" ("target_id");
CREATE INDEX "change_object" ON "risks_change" ("object_id", "id");
CREATE INDEX "change_organization" ON "risks_change" ("organization_id", "id");
CREATE INDEX "risks_referencecounter_organization_id_1a9ce051" ON "risks_referencecounter" ("organization_id");
CREATE INDEX "risks_reminder_organization_id_c1c3ea4c" ON "risks_reminder" ("organization_id");
CREATE INDEX "risks_reminder_user_id_7c06c384" ON "risks_reminder" ("user_id");
CREATE INDEX "risks_actiondependency_organization_id_84532bb3" ON "risks_actiondependency" ("organization_id");
CREATE INDEX "risks_actiondependency_action_id_56cad531" ON "risks_actiondependency" ("action_id");
CREATE INDEX "risks_actiondependency_depends_on_id_2668750b" ON "risks_actiondependency" ("depends_on_id");
CREATE INDEX "risks_mitigationaction_done_by_id_1790b3b1" ON "risks_mitigationaction" ("done_by_id");
CREATE INDEX "risks_mitigationaction_mitigation_id_b5a4b272" ON "risks_mitigationaction" ("mitigation_id");
CREATE INDEX "risks_mitigationaction_organization_id_f229d27a" ON "risks_mitigationaction" ("organization_id");
CREATE INDEX "action_order" ON "risks_mitigationaction" ("mitigation_id", "order", "id");
CREATE TABLE "risks_riskasset" ("id" char(32) NOT NULL PRIMARY KEY, "asset_id" char(32) NOT NULL REFERENCES "risks_asset" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "risk_id" char(32) NOT NULL REFERENCES "risks_risk" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "risk_asset_unique" UNIQUE ("risk_id", "asset_id"));
CREATE INDEX "risks_riskasset_organization_id_31a8c3e1" ON "risks_riskasset" ("organization_id");
CREATE TABLE "risks_riskcontrol" ("id" char(32) NOT NULL PRIMARY KEY, "control_id" char(32) NOT NULL REFERENCES "risks_control" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "risk_id" char(32) NOT NULL REFERENCES "risks_risk" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "risk_control_unique" UNIQUE ("risk_id", "control_id"));
CREATE INDEX "risks_riskcontrol_organization_id_9cddbc3b" ON "risks_riskcontrol" ("organization_id");
CREATE INDEX "risk_asset_of" ON "risks_riskasset" ("asset_id", "organization_id", "risk_id");
CREATE INDEX "risk_control_of" ON "risks_riskcontrol" ("control_id", "organization_id", "risk_id");
CREATE TABLE "risks_scorechange" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "at" datetime NOT NULL, "status" varchar(20) NOT NULL, "inherent_likelihood" smallint unsigned NULL CHECK ("inherent_likelihood" >= 0), "inherent_impact" smallint unsigned NULL CHECK ("inherent_impact" >= 0), "residual_likelihood" smallint unsigned NULL CHECK ("residual_likelihood" >= 0), "residual_impact" smallint unsigned NULL CHECK ("residual_impact" >= 0), "target_likelihood" smallint unsigned NULL CHECK ("target_likelihood" >= 0), "target_impact" smallint unsigned NULL CHECK ("target_impact" >= 0), "inherent_level" varchar(8) NULL, "residual_level" varchar(8) NULL, "target_level" varchar(8) NULL, "current_score" smallint unsigned NULL CHECK ("current_score" >= 0), "current_level" varchar(8) NULL, "treatment" varchar(10) NOT NULL, "next_review_at" datetime NULL, "deleted" bool NOT NULL, "category_id" char(32) NULL, "organization_id" char(32) NULL, "owner_id" char(32) NULL, "risk_id" char(32) NULL, "until" datetime NULL, "begun" datetime NOT NULL, "priority" decimal NULL, "status_since" datetime NOT NULL);
CREATE INDEX "score_change_risk" ON "risks_scorechange" ("risk_id", "id");
CREATE INDEX "score_change_top" ON "risks_scorechange" ("organization_id", "priority", "current_score", "risk_id") WHERE "until" IS NULL;
CREATE INDEX "score_change_begun" ON "risks_scorechange" ("organization_id", "begun", "risk_id") WHERE "until" IS NULL;
CREATE INDEX "score_change_status_since" ON "risks_scorechange" ("organization_id", "status", "status_since", "risk_id") WHERE "until" IS NULL;
CREATE UNIQUE INDEX "score_change_one_stands" ON "risks_scorechange" ("risk_id") WHERE "until" IS NULL;
CREATE TABLE "risks_mitigationchange" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "organization_id" char(32) NULL, "mitigation_id" char(32) NULL, "risk_id" char(32) NULL, "at" datetime NOT NULL, "until" datetime NULL, "begun" datetime NOT NULL, "status_since" datetime NOT NULL, "status" varchar(12) NOT NULL, "due_date" date NULL, "owner_id" char(32) NULL, "deleted" bool NOT NULL);
CREATE TABLE "risks_controlchange" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "organization_id" char(32) NULL, "control_id" char(32) NULL, "framework_id" char(32) NULL, "at" datetime NOT NULL, "until" datetime NULL, "begun" datetime NOT NULL, "status_since" datetime NOT NULL, "status" varchar(20) NOT NULL, "deleted" bool NOT NULL);
CREATE UNIQUE INDEX "mitigation_change_one_stands" ON "risks_mitigationchange" ("mitigation_id") WHERE "until" IS NULL;
CREATE INDEX "mitigation_change_of" ON "risks_mitigationchange" ("mitigation_id", "id");
CREATE UNIQUE INDEX "control_change_one_stands" ON "risks_controlchange" ("control_id") WHERE "until" IS NULL;
CREATE INDEX "control_change_of" ON "risks_controlchange" ("control_id", "id");
CREATE INDEX "control_change_at" ON "risks_controlchange" ("organization_id", "at");
CREATE TABLE "marketplace_rating" ("connector" varchar(60) NOT NULL PRIMARY KEY, "reviews" integer unsigned NOT NULL CHECK ("reviews" >= 0), "total" integer unsigned NOT NULL CHECK ("total" >= 0));
CREATE TABLE "marketplace_trustedpublisher" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(150) NOT NULL, "key" varchar(64) NOT NULL UNIQUE, "added_at" datetime NOT NULL);
CREATE TABLE "marketplace_app" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "connector" varchar(60) NOT NULL, "name" varchar(100) NOT NULL, "state" varchar(14) NOT NULL, "reason" text NOT NULL, "settings" text NOT NULL CHECK ((JSON_VALID("settings") OR "settings" IS NULL)), "secrets" text NOT NULL, "cron" varchar(100) NOT NULL, "mode" varchar(7) NOT NULL, "next_run_at" datetime NULL, "tested_at" datetime NULL, "enabled_at" datetime NULL, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "test_queued_at" datetime NULL, CONSTRAINT "app_name_present" CHECK (NOT ("name" = '')), CONSTRAINT "app_state_known" CHECK ("state" IN ('not_configured', 'configured', 'tested', 'enabled', 'disabled', 'error', 'uninstalled')), CONSTRAINT "app_mode_known" CHECK ("mode" IN ('preview', 'apply')));
CREATE UNIQUE INDEX "app_name_unique" ON "marketplace_app" ("organization_id", (LOWER("name"))) WHERE NOT ("state" = 'uninstalled');
CREATE INDEX "marketplace_app_organization_id_1212e917" ON "marketplace_app" ("organization_id");
CREATE INDEX "app_by_name" ON "marketplace_app" ("organization_id", "name", "id");
CREATE INDEX "app_by_created" ON "marketplace_app" ("organization_id", "created_at", "id");
CREATE INDEX "app_due" ON "marketplace_app" ("next_run_at") WHERE "next_run_at" IS NOT NULL;
CREATE TABLE "marketplace_delivery" ("id" char(32) NOT NULL PRIMARY KEY, "event" varchar(100) NOT NULL, "type" varchar(40) NOT NULL, "at" datetime NOT NULL, "content" text NOT NULL CHECK ((JSON_VALID("content") OR "content" IS NULL)), "status" varchar(9) NOT NULL, "attempts" smallint unsigned NOT NULL CHECK ("attempts" >= 0), "error" text NOT NULL, "created_at" datetime NOT NULL, "delivered_at" datetime NULL, "app_id" char(32) NOT NULL REFERENCES "marketplace_app" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "delivery_once" UNIQUE ("app_id", "event"), CONSTRAINT "delivery_status_known" CHECK ("status" IN ('waiting', 'delivered', 'failed')));
CREATE INDEX "marketplace_delivery_app_id_3bad9581" ON "marketplace_delivery" ("app_id");
CREATE INDEX "marketplace_delivery_organization_id_adac6ffe" ON "marketplace_delivery" ("organization_id");
CREATE INDEX "delivery_by_app" ON "marketplace_delivery" ("app_id", "created_at", "id");
CREATE TABLE "marketplace_review" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "connector" varchar(60) NOT NULL, "rating" smallint unsigned NOT NULL CHECK ("rating" >= 0), "text" text NOT NULL, "author_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "review_unique" UNIQUE ("organization_id", "connector"), CONSTRAINT "review_rating_range" CHECK ("rating" BETWEEN 1 AND 5));
CREATE INDEX "marketplace_review_author_id_32113b20" ON "marketplace_review" ("author_id");
CREATE INDEX "marketplace_review_organization_id_27e4d630" ON "marketplace_review" ("organization_id");
CREATE TABLE "marketplace_installedpack" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "pack" varchar(100) NOT NULL, "name" varchar(150) NOT NULL, "pack_version" varchar(50) NOT NULL, "publisher" varchar(150) NOT NULL, "licence" varchar(50) NOT NULL, "trust" varchar(10) NOT NULL, "status" varchar(11) NOT NULL, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "signed_by" varchar(150) NOT NULL, CONSTRAINT "pack_unique" UNIQUE ("organization_id", "pack"), CONSTRAINT "pack_status_known" CHECK ("status" IN ('installed', 'uninstalled')));
CREATE INDEX "marketplace_installedpack_organization_id_2d7c10cf" ON "marketplace_installedpack" ("organization_id");
CREATE TABLE "marketplace_packchange" ("id" char(32) NOT NULL PRIMARY KEY, "pack_version" varchar(50) NOT NULL, "trust" varchar(10) NOT NULL, "contents" text NOT NULL CHECK ((JSON_VALID("contents") OR "contents" IS NULL)), "created_at" datetime NOT NULL, "applied_at" datetime NULL, "actor_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "installed_id" char(32) NOT NULL REFERENCES "marketplace_installedpack" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "run_id" char(32) NULL UNIQUE REFERENCES "risks_importrun" ("id") DEFERRABLE INITIALLY DEFERRED, "signed_by" varchar(150) NOT NULL);
CREATE INDEX "marketplace_packchange_actor_id_65f01a80" ON "marketplace_packchange" ("actor_id");
CREATE INDEX "marketplace_packchange_installed_id_9fe83820" ON "marketplace_packchange" ("installed_id");
CREATE INDEX "marketplace_packchange_organization_id_5ed04094" ON "marketplace_packchange" ("organization_id");
CREATE INDEX "pack_change_of" ON "marketplace_packchange" ("installed_id", "created_at");
CREATE TABLE "marketplace_syncrun" ("id" char(32) NOT NULL PRIMARY KEY, "status" varchar(11) NOT NULL, "mode" varchar(7) NOT NULL, "schedule" varchar(100) NOT NULL, "report" varchar(100) NOT NULL, "file_name" varchar(255) NOT NULL, "sha256" varchar(64) NOT NULL, "items" integer unsigned NOT NULL CHECK ("items" >= 0), "counts" text NOT NULL CHECK ((JSON_VALID("counts") OR "counts" IS NULL)), "log" text NOT NULL CHECK ((JSON_VALID("log") OR "log" IS NULL)), "failure" varchar(10) NOT NULL, "error" text NOT NULL, "attempts" smallint unsigned NOT NULL CHECK ("attempts" >= 0), "created_at" datetime NOT NULL, "started_at" datetime NULL, "finished_at" datetime NULL, "actor_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "app_id" char(32) NOT NULL REFERENCES "marketplace_app" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "run_id" char(32) NULL UNIQUE REFERENCES "risks_importrun" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "sync_status_known" CHECK ("status" IN ('queued', 'running', 'previewed', 'applied', 'failed', 'quarantined', 'undone')), CONSTRAINT "sync_mode_known" CHECK ("mode" IN ('preview', 'apply')), CONSTRAINT "sync_failure_known" CHECK ("failure" IN ('connection', 'credential', 'report', 'register', 'internal', '')));
CREATE UNIQUE INDEX "sync_one_runner" ON "marketplace_syncrun" ("app_id") WHERE "status" = 'running';
CREATE INDEX "marketplace_syncrun_actor_id_7da4464d" ON "marketplace_syncrun" ("actor_id");
CREATE INDEX "marketplace_syncrun_app_id_ef7ad417" ON "marketplace_syncrun" ("app_id");
CREATE INDEX "marketplace_syncrun_organization_id_224843dc" ON "marketplace_syncrun" ("organization_id");
CREATE INDEX "sync_by_created" ON "marketplace_syncrun" ("organization_id", "created_at", "id");
CREATE INDEX "sync_by_app" ON "marketplace_syncrun" ("app_id", "created_at", "id");
CREATE TABLE "monitoring_alert" ("id" char(32) NOT NULL PRIMARY KEY, "fingerprint" varchar(64) NOT NULL, "name" varchar(200) NOT NULL, "severity" varchar(50) NOT NULL, "summary" varchar(500) NOT NULL, "description" text NOT NULL, "runbook_url" varchar(1000) NOT NULL, "dashboard_url" varchar(1000) NOT NULL, "labels" text NOT NULL CHECK ((JSON_VALID("labels") OR "labels" IS NULL)), "starts_at" datetime NOT NULL, "ends_at" datetime NULL, "seen_at" datetime NOT NULL, "acknowledged_at" datetime NULL, "acknowledged_by_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "finding_id" char(32) NULL REFERENCES "risks_finding" ("id") DEFERRABLE INITIALLY DEFERRED, "risk_id" char(32) NULL REFERENCES "risks_risk" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "alert_unique" UNIQUE ("fingerprint", "starts_at"));
CREATE INDEX "monitoring_alert_acknowledged_by_id_2c2d86e9" ON "monitoring_alert" ("acknowledged_by_id");
CREATE INDEX "monitoring_alert_finding_id_2b5dc16b" ON "monitoring_alert" ("finding_id");
CREATE INDEX "monitoring_alert_risk_id_cbcc6179" ON "monitoring_alert" ("risk_id");
CREATE INDEX "alert_by_name" ON "monitoring_alert" ("name", "seen_at");
CREATE TABLE "risks_importfile" ("id" char(32) NOT NULL PRIMARY KEY, "content" BLOB NOT NULL, "created_at" datetime NOT NULL, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "run_id" char(32) NOT NULL UNIQUE REFERENCES "risks_importrun" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "risks_importsource" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "name" varchar(150) NOT NULL, "options" text NOT NULL CHECK ((JSON_VALID("options") OR "options" IS NULL)), "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "run_id" char(32) NULL REFERENCES "risks_importrun" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "import_source_unique" UNIQUE ("organization_id", "name"));
CREATE INDEX "risks_importfile_organization_id_af99a9d2" ON "risks_importfile" ("organization_id");
CREATE INDEX "import_file_age" ON "risks_importfile" ("created_at");
CREATE INDEX "risks_importsource_organization_id_2ffc1d95" ON "risks_importsource" ("organization_id");
CREATE INDEX "risks_importsource_run_id_c9af8a95" ON "risks_importsource" ("run_id");
CREATE TABLE "risks_billofmaterials" ("id" char(32) NOT NULL PRIMARY KEY, "serial_number" varchar(64) NOT NULL, "bill_version" varchar(20) NOT NULL, "product" varchar(255) NOT NULL, "subject" text NOT NULL, "components" text NOT NULL CHECK ((JSON_VALID("components") OR "components" IS NULL)), "seen_at" datetime NOT NULL, "asset_id" char(32) NOT NULL REFERENCES "risks_asset" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "bill_of_materials_unique" UNIQUE ("organization_id", "asset_id", "serial_number", "bill_version", "product"));
CREATE TABLE "risks_vulnerabilityfacts" ("id" char(32) NOT NULL PRIMARY KEY, "year" smallint unsigned NOT NULL CHECK ("year" >= 0), "epss" text NOT NULL CHECK ((JSON_VALID("epss") OR "epss" IS NULL)), "exploited" text NOT NULL CHECK ((JSON_VALID("exploited") OR "exploited" IS NULL)), "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "run_id" char(32) NOT NULL REFERENCES "risks_importrun" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "vulnerability_facts_unique" UNIQUE ("run_id", "year"));
CREATE INDEX "risks_billofmaterials_asset_id_e37da2b9" ON "risks_billofmaterials" ("asset_id");
CREATE INDEX "risks_billofmaterials_organization_id_e953cab9" ON "risks_billofmaterials" ("organization_id");
CREATE INDEX "bill_by_serial_number" ON "risks_billofmaterials" ("organization_id", "serial_number");
CREATE INDEX "risks_vulnerabilityfacts_organization_id_62c51b08" ON "risks_vulnerabilityfacts" ("organization_id");
CREATE INDEX "risks_vulnerabilityfacts_run_id_9b3fafaf" ON "risks_vulnerabilityfacts" ("run_id");
CREATE TABLE "risks_asset" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "name" varchar(255) NOT NULL, "description" text NOT NULL, "type" varchar(12) NOT NULL, "criticality" varchar(8) NOT NULL, "external_id" varchar(255) NOT NULL, "hostnames" text NOT NULL CHECK ((JSON_VALID("hostnames") OR "hostnames" IS NULL)), "addresses" text NOT NULL CHECK ((JSON_VALID("addresses") OR "addresses" IS NULL)), "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "owner_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "name_key" text NOT NULL, CONSTRAINT "asset_name_present" CHECK (NOT ("name" = '')), CONSTRAINT "asset_type_known" CHECK ("type" IN ('application', 'service', 'server', 'endpoint', 'network', 'data', 'people', 'facility', 'supplier', 'other')), CONSTRAINT "asset_criticality_known" CHECK ("criticality" IN ('low', 'medium', 'high', 'critical')), CONSTRAINT "asset_name_key_unique" UNIQUE ("organization_id", "name_key"));
CREATE UNIQUE INDEX "asset_external_id_unique" ON "risks_asset" ("organization_id", "external_id") WHERE NOT ("external_id" = '');
CREATE INDEX "risks_asset_organization_id_2ae7614f" ON "risks_asset" ("organization_id");
CREATE INDEX "risks_asset_owner_id_7b175f49" ON "risks_asset" ("owner_id");
CREATE INDEX "asset_by_name" ON "risks_asset" ("organization_id", "name", "id");
CREATE INDEX "asset_by_criticality" ON "risks_asset" ("organization_id", "criticality", "id");
CREATE INDEX "asset_by_created_at" ON "risks_asset" ("organization_id", "created_at", "id");
CREATE INDEX "asset_by_updated_at" ON "risks_asset" ("organization_id", "updated_at", "id");
CREATE TABLE "risks_framework" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "name" varchar(150) NOT NULL, "edition" varchar(50) NOT NULL, "description" text NOT NULL, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "name_key" text NOT NULL, CONSTRAINT "framework_name_unique" UNIQUE ("organization_id", "name_key"));
CREATE INDEX "risks_framework_organization_id_c2d63040" ON "risks_framework" ("organization_id");
CREATE TABLE "risks_risktag" ("id" char(32) NOT NULL PRIMARY KEY, "name" varchar(50) NOT NULL, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "risk_id" char(32) NOT NULL REFERENCES "risks_risk" ("id") DEFERRABLE INITIALLY DEFERRED, "name_key" text NOT NULL, CONSTRAINT "risk_tag_name_unique" UNIQUE ("risk_id", "name_key"));
CREATE INDEX "risks_risktag_organization_id_b6309e25" ON "risks_risktag" ("organization_id");
CREATE INDEX "risk_tag_key" ON "risks_risktag" ("organization_id", "name_key", "name", "risk_id");
CREATE TABLE "risks_savedview" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "slug" varchar(60) NOT NULL, "name" varchar(80) NOT NULL, "shared" bool NOT NULL, "query" text NOT NULL CHECK ((JSON_VALID("query") OR "query" IS NULL)), "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "owner_id" char(32) NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "saved_view_slug_unique" UNIQUE ("organization_id", "slug"), CONSTRAINT "saved_view_name_present" CHECK (NOT ("name" = '')));
CREATE INDEX "risks_savedview_slug_395150ff" ON "risks_savedview" ("slug");
CREATE INDEX "risks_savedview_organization_id_7ea98021" ON "risks_savedview" ("organization_id");
CREATE INDEX "risks_savedview_owner_id_48896f12" ON "risks_savedview" ("owner_id");
CREATE INDEX "saved_view_order" ON "risks_savedview" ("organization_id", "name", "id");
CREATE TABLE "risks_defaultview" ("id" char(32) NOT NULL PRIMARY KEY, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "view_id" char(32) NOT NULL REFERENCES "risks_savedview" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "default_view_of_person" UNIQUE ("organization_id", "user_id"));
CREATE INDEX "risks_defaultview_organization_id_2df69185" ON "risks_defaultview" ("organization_id");
CREATE INDEX "risks_defaultview_user_id_51d56ce8" ON "risks_defaultview" ("user_id");
CREATE INDEX "risks_defaultview_view_id_d9d40cad" ON "risks_defaultview" ("view_id");
CREATE UNIQUE INDEX "default_view_of_organization" ON "risks_defaultview" ("organization_id") WHERE "user_id" IS NULL;
CREATE INDEX "action_open_by_due" ON "risks_mitigationaction" ("organization_id", (COALESCE("due_date", '9999-12-31')), "id") WHERE "done_at" IS NULL;
CREATE TABLE "risks_acceptance" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "status" varchar(10) NOT NULL, "justification" text NOT NULL, "conditions" text NOT NULL, "expires_at" datetime NOT NULL, "decision_comment" text NOT NULL, "decided_at" datetime NULL, "approver_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "requester_id" char(32) NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "risk_id" char(32) NOT NULL REFERENCES "risks_risk" ("id") DEFERRABLE INITIALLY DEFERRED, "requested_description" text NOT NULL, "requested_level" varchar(8) NULL, "requested_score" smallint unsigned NULL CHECK ("requested_score" >= 0), "requested_title" varchar(255) NOT NULL, CONSTRAINT "acceptance_four_eyes" CHECK (("approver_id" IS NULL OR NOT ("approver_id" = ("requester_id") AND "approver_id" IS NOT NULL))), CONSTRAINT "acceptance_justified" CHECK (NOT ("justification" = '')), CONSTRAINT "acceptance_status_known" CHECK ("status" IN ('requested', 'approved', 'rejected', 'expired', 'revoked', 'withdrawn')));
CREATE INDEX "risks_mitigationaction_assignee_id_d147f7ec" ON "risks_mitigationaction" ("assignee_id");
CREATE UNIQUE INDEX "acceptance_one_live" ON "risks_acceptance" ("risk_id") WHERE "status" IN ('requested', 'approved');
CREATE INDEX "risks_acceptance_approver_id_77035693" ON "risks_acceptance" ("approver_id");
CREATE INDEX "risks_acceptance_organization_id_4a09cf48" ON "risks_acceptance" ("organization_id");
CREATE INDEX "risks_acceptance_requester_id_1c0bccab" ON "risks_acceptance" ("requester_id");
CREATE INDEX "risks_acceptance_risk_id_9a3ad598" ON "risks_acceptance" ("risk_id");
CREATE INDEX "acceptance_order" ON "risks_acceptance" ("organization_id", "created_at", "id");
CREATE INDEX "acceptance_expiry" ON "risks_acceptance" ("status", "expires_at");
CREATE INDEX "acceptance_by_status" ON "risks_acceptance" ("organization_id", "status", "expires_at");
CREATE TABLE "risks_mitigation" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "number" integer unsigned NOT NULL CHECK ("number" >= 0), "reference" varchar(16) NOT NULL, "title" varchar(255) NOT NULL, "description" text NOT NULL, "status" varchar(12) NOT NULL, "priority" varchar(8) NOT NULL, "due_date" date NULL, "cost" decimal NULL, "currency" varchar(3) NOT NULL, "effectiveness" decimal NULL, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "owner_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "risk_id" char(32) NOT NULL REFERENCES "risks_risk" ("id") DEFERRABLE INITIALLY DEFERRED, "implemented_at" datetime NULL, "implemented_by_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "start_date" date NULL, "validated_at" datetime NULL, "validated_by_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "validation" varchar(13) NOT NULL, "validation_reason" text NOT NULL, CONSTRAINT "mitigation_number_unique" UNIQUE ("organization_id", "number"), CONSTRAINT "mitigation_title_present" CHECK (NOT ("title" = '')), CONSTRAINT "mitigation_status_known" CHECK ("status" IN ('planned', 'in_progress', 'review', 'done', 'cancelled')), CONSTRAINT "mitigation_priority_known" CHECK ("priority" IN ('low', 'medium', 'high', 'critical')), CONSTRAINT "mitigation_cost_has_currency" CHECK (("cost" IS NULL OR ("cost" >= '0' AND NOT ("currency" = '')))), CONSTRAINT "mitigation_effectiveness_range" CHECK (("effectiveness" IS NULL OR "effectiveness" BETWEEN '0' AND '1')), CONSTRAINT "mitigation_validation_known" CHECK ("validation" IN ('effective', 'not_effective', '')), CONSTRAINT "mitigation_four_eyes" CHECK (("validated_by_id" IS NULL OR "implemented_by_id" IS NULL OR NOT ("validated_by_id" = ("implemented_by_id") AND "validated_by_id" IS NOT NULL AND "implemented_by_id" IS NOT NULL))));
CREATE INDEX "risks_mitigation_organization_id_417ea032" ON "risks_mitigation" ("organization_id");
CREATE INDEX "risks_mitigation_owner_id_58af3f34" ON "risks_mitigation" ("owner_id");
CREATE INDEX "risks_mitigation_risk_id_bf725c78" ON "risks_mitigation" ("risk_id");
CREATE INDEX "risks_mitigation_implemented_by_id_44f27ec6" ON "risks_mitigation" ("implemented_by_id");
CREATE INDEX "risks_mitigation_validated_by_id_bc1da79c" ON "risks_mitigation" ("validated_by_id");
CREATE INDEX "mitigation_by_due_date" ON "risks_mitigation" ("organization_id", "due_date", "id");
CREATE INDEX "mitigation_by_created" ON "risks_mitigation" ("organization_id", "created_at", "id");
CREATE INDEX "mitigation_by_updated" ON "risks_mitigation" ("organization_id", "updated_at", "id");
CREATE INDEX "mitigation_by_title" ON "risks_mitigation" ("organization_id", "title", "id");
CREATE INDEX "mitigation_by_status" ON "risks_mitigation" ("organization_id", "status", "id");
CREATE INDEX "mitigation_by_due" ON "risks_mitigation" ("organization_id", (COALESCE("due_date", '9999-12-31')), "id");
CREATE INDEX "mitigation_by_cost" ON "risks_mitigation" ("organization_id", (CAST(((CAST(COALESCE("cost", 0) AS NUMERIC))) AS NUMERIC)), "id");
CREATE TABLE "risks_attachment" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "name" varchar(255) NOT NULL, "sha256" varchar(64) NOT NULL, "size" bigint unsigned NOT NULL CHECK ("size" >= 0), "media_type" varchar(100) NOT NULL, "description" text NOT NULL, "valid_until" date NULL, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "uploaded_by_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "attachment_content_unique" UNIQUE ("organization_id", "sha256"), CONSTRAINT "attachment_name_present" CHECK (NOT ("name" = '')));
CREATE INDEX "risks_attachment_organization_id_525d9390" ON "risks_attachment" ("organization_id");
CREATE INDEX "risks_attachment_uploaded_by_id_b9af5786" ON "risks_attachment" ("uploaded_by_id");
CREATE INDEX "attachment_by_created" ON "risks_attachment" ("organization_id", "created_at", "id");
CREATE INDEX "attachment_by_name" ON "risks_attachment" ("organization_id", "name", "id");
CREATE INDEX "attachment_by_size" ON "risks_attachment" ("organization_id", "size", "id");
CREATE INDEX "attachment_by_valid_until" ON "risks_attachment" ("organization_id", (COALESCE("valid_until", '9999-12-31')), "id");
CREATE TABLE "risks_attachmentlink" ("id" char(32) NOT NULL PRIMARY KEY, "created_at" datetime NOT NULL, "acceptance_id" char(32) NULL REFERENCES "risks_acceptance" ("id") DEFERRABLE INITIALLY DEFERRED, "action_id" char(32) NULL REFERENCES "risks_mitigationaction" ("id") DEFERRABLE INITIALLY DEFERRED, "attachment_id" char(32) NOT NULL REFERENCES "risks_attachment" ("id") DEFERRABLE INITIALLY DEFERRED, "control_id" char(32) NULL REFERENCES "risks_control" ("id") DEFERRABLE INITIALLY DEFERRED, "linked_by_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "mitigation_id" char(32) NULL REFERENCES "risks_mitigation" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "risk_id" char(32) NULL REFERENCES "risks_risk" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "attachment_link_has_one_target" CHECK ((("acceptance_id" IS NULL AND "action_id" IS NULL AND "control_id" IS NULL AND "mitigation_id" IS NULL AND "risk_id" IS NOT NULL) OR ("acceptance_id" IS NULL AND "action_id" IS NULL AND "control_id" IS NULL AND "mitigation_id" IS NOT NULL AND "risk_id" IS NULL) OR ("acceptance_id" IS NULL AND "action_id" IS NOT NULL AND "control_id" IS NULL AND "mitigation_id" IS NULL AND "risk_id" IS NULL) OR ("acceptance_id" IS NOT NULL AND "action_id" IS NULL AND "control_id" IS NULL AND "mitigation_id" IS NULL AND "risk_id" IS NULL) OR ("acceptance_id" IS NULL AND "action_id" IS NULL AND "control_id" IS NOT NULL AND "mitigation_id" IS NULL AND "risk_id" IS NULL))));
CREATE INDEX "risks_attachmentlink_acceptance_id_accce9cc" ON "risks_attachmentlink" ("acceptance_id");
CREATE INDEX "risks_attachmentlink_action_id_1f4c6b8a" ON "risks_attachmentlink" ("action_id");
CREATE INDEX "risks_attachmentlink_attachment_id_ce224e44" ON "risks_attachmentlink" ("attachment_id");
CREATE INDEX "risks_attachmentlink_control_id_029b912a" ON "risks_attachmentlink" ("control_id");
CREATE INDEX "risks_attachmentlink_linked_by_id_a47b02e7" ON "risks_attachmentlink" ("linked_by_id");
CREATE INDEX "risks_attachmentlink_mitigation_id_9576564d" ON "risks_attachmentlink" ("mitigation_id");
CREATE INDEX "risks_attachmentlink_organization_id_a31a2dde" ON "risks_attachmentlink" ("organization_id");
CREATE INDEX "risks_attachmentlink_risk_id_ed5142e8" ON "risks_attachmentlink" ("risk_id");
CREATE UNIQUE INDEX "attachment_link_unique" ON "risks_attachmentlink" ("attachment_id", (COALESCE("risk_id", "mitigation_id", "action_id", "acceptance_id", "control_id")));
CREATE TABLE "risks_provenance" ("id" char(32) NOT NULL PRIMARY KEY, "source" varchar(10) NOT NULL, "source_name" varchar(150) NOT NULL, "model" varchar(40) NOT NULL, "identity" text NOT NULL, "object_id" char(32) NOT NULL, "fields" text NOT NULL CHECK ((JSON_VALID("fields") OR "fields" IS NULL)), "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "provenance_unique" UNIQUE ("organization_id", "source", "source_name", "model", "object_id"), CONSTRAINT "provenance_source_known" CHECK ("source" IN ('manual', 'import', 'connector', 'finding', 'pack', 'sample')));
CREATE INDEX "risks_provenance_organization_id_ef6de721" ON "risks_provenance" ("organization_id");
CREATE INDEX "provenance_object" ON "risks_provenance" ("object_id");
CREATE TABLE "risks_comment" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "updated_at" datetime NOT NULL, "text" text NOT NULL, "created_at" datetime NOT NULL, "edited_at" datetime NULL, "deleted_at" datetime NULL, "author_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "deleted_by_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "mitigation_id" char(32) NULL REFERENCES "risks_mitigation" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "risk_id" char(32) NULL REFERENCES "risks_risk" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "comment_has_subject" CHECK ("risk_id" IS NOT NULL), CONSTRAINT "comment_text_present" CHECK ((NOT ("text" = '') OR "deleted_at" IS NOT NULL)));
CREATE INDEX "risks_comment_author_id_f1324ec5" ON "risks_comment" ("author_id");
CREATE INDEX "risks_comment_deleted_by_id_2dbe7a07" ON "risks_comment" ("deleted_by_id");
CREATE INDEX "risks_comment_organization_id_ed891a3c" ON "risks_comment" ("organization_id");
CREATE INDEX "comment_of_risk" ON "risks_comment" ("risk_id", "created_at", "id");
CREATE INDEX "comment_of_mitigation" ON "risks_comment" ("mitigation_id", "created_at", "id");
CREATE INDEX "comment_by_created" ON "risks_comment" ("organization_id", "created_at", "id");
CREATE TABLE "risks_mention" ("id" char(32) NOT NULL PRIMARY KEY, "written" varchar(254) NOT NULL, "comment_id" char(32) NOT NULL REFERENCES "risks_comment" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" char(32) NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "mention_unique" UNIQUE ("comment_id", "user_id"));
CREATE INDEX "risks_mention_organization_id_3cb558fb" ON "risks_mention" ("organization_id");
CREATE INDEX "mention_of_user" ON "risks_mention" ("user_id", "organization_id", "comment_id");
CREATE TABLE "risks_watch" ("id" char(32) NOT NULL PRIMARY KEY, "created_at" datetime NOT NULL, "mitigation_id" char(32) NULL REFERENCES "risks_mitigation" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "risk_id" char(32) NULL REFERENCES "risks_risk" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" char(32) NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "watch_of_risk_unique" UNIQUE ("risk_id", "user_id"), CONSTRAINT "watch_of_mitigation_unique" UNIQUE ("mitigation_id", "user_id"), CONSTRAINT "watch_has_one_subject" CHECK ((("mitigation_id" IS NULL AND "risk_id" IS NOT NULL) OR ("mitigation_id" IS NOT NULL AND "risk_id" IS NULL))));
CREATE INDEX "risks_watch_organization_id_7bba2c0d" ON "risks_watch" ("organization_id");
CREATE INDEX "watch_of_user" ON "risks_watch" ("user_id", "organization_id", "risk_id");
CREATE INDEX "watch_by_created" ON "risks_watch" ("organization_id", "created_at", "id");
CREATE TABLE "risks_deleteditem" ("id" char(32) NOT NULL PRIMARY KEY, "kind" varchar(40) NOT NULL, "object_id" char(32) NOT NULL, "reference" varchar(16) NOT NULL, "label" varchar(300) NOT NULL, "counts" text NOT NULL CHECK ((JSON_VALID("counts") OR "counts" IS NULL)), "batch" char(32) NULL, "is_private" bool NOT NULL, "deleted_at" datetime NOT NULL, "expires_at" datetime NOT NULL, "restored_at" datetime NULL, "deleted_by_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "restored_by_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "risks_deletedrows" ("id" char(32) NOT NULL PRIMARY KEY, "position" integer unsigned NOT NULL CHECK ("position" >= 0), "labels" text NOT NULL, "content" text NOT NULL CHECK ((JSON_VALID("content") OR "content" IS NULL)), "item_id" char(32) NOT NULL REFERENCES "risks_deleteditem" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX "deleted_item_order" ON "risks_deleteditem" ("organization_id", "deleted_at", "id") WHERE "restored_at" IS NULL;
CREATE INDEX "deleted_item_named" ON "risks_deleteditem" ("organization_id", "kind", "reference");
CREATE INDEX "deleted_item_object" ON "risks_deleteditem" ("object_id");
CREATE INDEX "deleted_item_batch" ON "risks_deleteditem" ("batch");
CREATE INDEX "deleted_item_expiry" ON "risks_deleteditem" ("expires_at");
CREATE INDEX "risks_deleteditem_deleted_by_id_931166e9" ON "risks_deleteditem" ("deleted_by_id");
CREATE INDEX "risks_deleteditem_organization_id_f4cc93ea" ON "risks_deleteditem" ("organization_id");
CREATE INDEX "risks_deleteditem_restored_by_id_1440bd0c" ON "risks_deleteditem" ("restored_by_id");
CREATE INDEX "risks_deletedrows_item_id_e4dcbcbc" ON "risks_deletedrows" ("item_id");
CREATE INDEX "risks_deletedrows_organization_id_f097ebfe" ON "risks_deletedrows" ("organization_id");
CREATE TABLE "risks_riskrelation" ("id" char(32) NOT NULL PRIMARY KEY, "kind" varchar(10) NOT NULL, "created_at" datetime NOT NULL, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "other_id" char(32) NOT NULL REFERENCES "risks_risk" ("id") DEFERRABLE INITIALLY DEFERRED, "risk_id" char(32) NOT NULL REFERENCES "risks_risk" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "risk_relation_no_self_loop" CHECK (NOT ("risk_id" = ("other_id"))), CONSTRAINT "risk_relation_kind_known" CHECK ("kind" IN ('causes', 'duplicates', 'relates_to')));
CREATE UNIQUE INDEX "risk_relation_pair_unique" ON "risks_riskrelation" ((MIN("risk_id", "other_id")), (MAX("risk_id", "other_id")));
CREATE INDEX "risks_riskrelation_organization_id_db887c33" ON "risks_riskrelation" ("organization_id");
CREATE INDEX "risks_riskrelation_other_id_f2bbfa82" ON "risks_riskrelation" ("other_id");
CREATE INDEX "risks_riskrelation_risk_id_944bb8fe" ON "risks_riskrelation" ("risk_id");
CREATE INDEX "risk_relation_order" ON "risks_riskrelation" ("organization_id", "created_at", "id");
CREATE TABLE "risks_control" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "identifier" varchar(100) NOT NULL, "title" varchar(500) NOT NULL, "text" text NOT NULL, "status" varchar(15) NOT NULL, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "framework_id" char(32) NOT NULL REFERENCES "risks_framework" ("id") DEFERRABLE INITIALLY DEFERRED, "owner_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "section" text NOT NULL, "sort_key" text NOT NULL, "parent_id" char(32) NULL REFERENCES "risks_control" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "control_unique" UNIQUE ("framework_id", "identifier"), CONSTRAINT "control_identifier_present" CHECK (NOT ("identifier" = '')), CONSTRAINT "control_status_known" CHECK ("status" IN ('not_implemented', 'in_progress', 'implemented', 'not_applicable')));
CREATE INDEX "risks_control_organization_id_7c76c272" ON "risks_control" ("organization_id");
CREATE INDEX "risks_control_framework_id_6baaab00" ON "risks_control" ("framework_id");
CREATE INDEX "risks_control_parent_id_8a63efb0" ON "risks_control" ("parent_id");
CREATE INDEX "control_by_identifier" ON "risks_control" ("organization_id", "identifier", "id");
CREATE INDEX "control_by_title" ON "risks_control" ("organization_id", "title", "id");
CREATE INDEX "control_by_status" ON "risks_control" ("organization_id", "status", "id");
CREATE INDEX "control_by_updated_at" ON "risks_control" ("organization_id", "updated_at", "id");
CREATE INDEX "control_by_place" ON "risks_control" ("organization_id", "framework_id", "sort_key", "id");
CREATE INDEX "control_by_section" ON "risks_control" ("framework_id", "section", "status");
CREATE INDEX "control_owner" ON "risks_control" ("owner_id", "organization_id");
CREATE TABLE "risks_finding" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "fingerprint" varchar(64) NOT NULL, "tool" varchar(100) NOT NULL, "rule" varchar(255) NOT NULL, "location" varchar(1000) NOT NULL, "severity" varchar(8) NOT NULL, "cvss" decimal NULL, "epss" decimal NULL, "known_exploited" bool NOT NULL, "title" varchar(500) NOT NULL, "description" text NOT NULL, "first_seen_at" datetime NOT NULL, "last_seen_at" datetime NOT NULL, "state" varchar(14) NOT NULL, "asset_id" char(32) NULL REFERENCES "risks_asset" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "risk_id" char(32) NULL REFERENCES "risks_risk" ("id") DEFERRABLE INITIALLY DEFERRED, "proposal_id" char(32) NULL REFERENCES "risks_riskproposal" ("id") DEFERRABLE INITIALLY DEFERRED, "components" text NOT NULL CHECK ((JSON_VALID("components") OR "components" IS NULL)), "cves" text NOT NULL CHECK ((JSON_VALID("cves") OR "cves" IS NULL)), "decided_at" datetime NULL, "decided_by_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "decided_until" date NULL, "decision_reason" text NOT NULL, CONSTRAINT "finding_fingerprint_unique" UNIQUE ("organization_id", "fingerprint"), CONSTRAINT "finding_severity_known" CHECK ("severity" IN ('info', 'low', 'medium', 'high', 'critical')), CONSTRAINT "finding_state_known" CHECK ("state" IN ('open', 'resolved', 'accepted', 'false_positive')), CONSTRAINT "finding_cvss_range" CHECK (("cvss" IS NULL OR "cvss" BETWEEN '0' AND '10')), CONSTRAINT "finding_epss_range" CHECK (("epss" IS NULL OR "epss" BETWEEN '0' AND '1')), CONSTRAINT "finding_decision_of_decided" CHECK (("state" IN ('accepted', 'false_positive') OR ("decided_at" IS NULL AND "decided_by_id" IS NULL AND "decided_until" IS NULL AND "decision_reason" = ''))));
CREATE INDEX "risks_finding_asset_id_150970bf" ON "risks_finding" ("asset_id");
CREATE INDEX "risks_finding_organization_id_54aeb46b" ON "risks_finding" ("organization_id");
CREATE INDEX "risks_finding_risk_id_69aa162e" ON "risks_finding" ("risk_id");
CREATE INDEX "risks_finding_proposal_id_96ab3d3d" ON "risks_finding" ("proposal_id");
CREATE INDEX "risks_finding_decided_by_id_72e1f941" ON "risks_finding" ("decided_by_id");
CREATE INDEX "finding_by_last" ON "risks_finding" ("organization_id", "last_seen_at", "id");
CREATE INDEX "finding_by_first" ON "risks_finding" ("organization_id", "first_seen_at", "id");
CREATE INDEX "finding_by_severity" ON "risks_finding" ("organization_id", "severity", "id");
CREATE INDEX "finding_by_state" ON "risks_finding" ("organization_id", "state", "id");
CREATE INDEX "finding_by_rule" ON "risks_finding" ("organization_id", "rule", "id");
CREATE INDEX "finding_by_rank" ON "risks_finding" ("organization_id", (CASE WHEN "severity" = 'info' THEN 0 WHEN "severity" = 'low' THEN 1 WHEN "severity" = 'medium' THEN 2 WHEN "severity" = 'high' THEN 3 WHEN "severity" = 'critical' THEN 4 ELSE 0 END), "id");
CREATE INDEX "finding_by_epss" ON "risks_finding" ("organization_id", (CAST(((CAST(COALESCE("epss", 0) AS NUMERIC))) AS NUMERIC)), "id");
CREATE INDEX "finding_decision_end" ON "risks_finding" ("decided_until") WHERE "decided_until" IS NOT NULL;
CREATE TABLE "risks_bulkchangerow" ("id" char(32) NOT NULL PRIMARY KEY, "object_id" char(32) NOT NULL, "before" text NULL CHECK ((JSON_VALID("before") OR "before" IS NULL)), "after" text NULL CHECK ((JSON_VALID("after") OR "after" IS NULL)), "outcome" varchar(10) NOT NULL, "reason" text NOT NULL, "change_id" char(32) NOT NULL REFERENCES "risks_bulkchange" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "reference" varchar(255) NOT NULL, CONSTRAINT "bulk_row_outcome_known" CHECK ("outcome" IN ('changed', 'left', 'restored', 'kept')), CONSTRAINT "bulk_row_unique" UNIQUE ("change_id", "object_id"));
CREATE INDEX "risks_bulkchangerow_organization_id_e21cbf3c" ON "risks_bulkchangerow" ("organization_id");
CREATE INDEX "bulk_row_order" ON "risks_bulkchangerow" ("change_id", "id");
CREATE TABLE "risks_importrow" ("id" char(32) NOT NULL PRIMARY KEY, "row_number" integer unsigned NOT NULL CHECK ("row_number" >= 0), "model" varchar(40) NOT NULL, "identity_kind" varchar(20) NOT NULL, "identity" text NOT NULL, "object_id" char(32) NULL, "action" varchar(10) NOT NULL, "values" text NOT NULL CHECK ((JSON_VALID("values") OR "values" IS NULL)), "changes" text NOT NULL CHECK ((JSON_VALID("changes") OR "changes" IS NULL)), "edited" text NOT NULL CHECK ((JSON_VALID("edited") OR "edited" IS NULL)), "superseded" text NOT NULL CHECK ((JSON_VALID("superseded") OR "superseded" IS NULL)), "errors" text NOT NULL CHECK ((JSON_VALID("errors") OR "errors" IS NULL)), "notes" text NOT NULL CHECK ((JSON_VALID("notes") OR "notes" IS NULL)), "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "run_id" char(32) NOT NULL REFERENCES "risks_importrun" ("id") DEFERRABLE INITIALLY DEFERRED, "guessed" text NOT NULL CHECK ((JSON_VALID("guessed") OR "guessed" IS NULL)), "is_guessed" bool NOT NULL, "is_held_back" bool NOT NULL, CONSTRAINT "import_row_action_known" CHECK ("action" IN ('create', 'update', 'unchanged', 'error')));
CREATE INDEX "risks_importrow_organization_id_0fc4a376" ON "risks_importrow" ("organization_id");
CREATE INDEX "risks_importrow_run_id_12879abf" ON "risks_importrow" ("run_id");
CREATE INDEX "import_row_order" ON "risks_importrow" ("run_id", "row_number", "id");
CREATE INDEX "import_row_by_action" ON "risks_importrow" ("run_id", "action", "row_number", "id");
CREATE INDEX "import_row_guessed" ON "risks_importrow" ("run_id", "row_number", "id") WHERE "is_guessed";
CREATE INDEX "import_row_held_back" ON "risks_importrow" ("run_id", "row_number", "id") WHERE "is_held_back";
CREATE TABLE "risks_importrun" ("id" char(32) NOT NULL PRIMARY KEY, "source" varchar(10) NOT NULL, "source_name" varchar(150) NOT NULL, "file_name" varchar(255) NOT NULL, "sha256" varchar(64) NOT NULL, "status" varchar(10) NOT NULL, "mapping" text NOT NULL CHECK ((JSON_VALID("mapping") OR "mapping" IS NULL)), "guesses" text NOT NULL CHECK ((JSON_VALID("guesses") OR "guesses" IS NULL)), "notes" text NOT NULL CHECK ((JSON_VALID("notes") OR "notes" IS NULL)), "counts" text NOT NULL CHECK ((JSON_VALID("counts") OR "counts" IS NULL)), "created_at" datetime NOT NULL, "applied_at" datetime NULL, "undone_at" datetime NULL, "actor_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "applied_by_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "undone_by_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "looked_at" datetime NULL, "streamed" bool NOT NULL, "options" text NOT NULL CHECK ((JSON_VALID("options") OR "options" IS NULL)), "question" text NULL CHECK ((JSON_VALID("question") OR "question" IS NULL)), "contents" text NOT NULL CHECK ((JSON_VALID("contents") OR "contents" IS NULL)), "file_size" integer unsigned NOT NULL CHECK ("file_size" >= 0), "problem" text NOT NULL, "revision" integer unsigned NOT NULL CHECK ("revision" >= 0), "row_counts" text NOT NULL CHECK ((JSON_VALID("row_counts") OR "row_counts" IS NULL)), "task" varchar(10) NOT NULL, "task_started_at" datetime NULL, CONSTRAINT "import_run_status_known" CHECK ("status" IN ('previewed', 'applied', 'undone')), CONSTRAINT "import_run_source_known" CHECK ("source" IN ('manual', 'import', 'connector', 'finding', 'pack', 'sample')), CONSTRAINT "import_run_task_known" CHECK ("task" IN ('reading', 'applying', 'undoing', '')));
CREATE INDEX "risks_importrun_actor_id_7b7841e2" ON "risks_importrun" ("actor_id");
CREATE INDEX "risks_importrun_applied_by_id_eaee6409" ON "risks_importrun" ("applied_by_id");
CREATE INDEX "risks_importrun_organization_id_8f711fc2" ON "risks_importrun" ("organization_id");
CREATE INDEX "risks_importrun_undone_by_id_402a3a6a" ON "risks_importrun" ("undone_by_id");
CREATE INDEX "import_run_by_created" ON "risks_importrun" ("organization_id", "created_at", "id");
CREATE INDEX "import_row_finding" ON "risks_importrow" ("object_id") WHERE "model" = 'risks.finding';
CREATE INDEX "asset_by_rank" ON "risks_asset" ("organization_id", (CASE WHEN "criticality" = 'low' THEN 0 WHEN "criticality" = 'medium' THEN 1 WHEN "criticality" = 'high' THEN 2 WHEN "criticality" = 'critical' THEN 3 ELSE 0 END), "id");
CREATE INDEX "mitigation_costs" ON "risks_mitigation" ("organization_id", "currency", "status", "cost") WHERE "cost" IS NOT NULL;
CREATE INDEX "action_pending" ON "risks_mitigationaction" ("organization_id", "mitigation_id", "due_date") WHERE "done_at" IS NULL;
CREATE INDEX "mitigation_change_trend" ON "risks_mitigationchange" ("organization_id", "at", "until", "status", "due_date", "deleted", "risk_id");
CREATE INDEX "score_change_trend" ON "risks_scorechange" ("organization_id", "at", "until", "status", "current_level", "current_score", "deleted");
CREATE TABLE "risks_customfield" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "key" varchar(50) NOT NULL, "label" varchar(80) NOT NULL, "name_key" text NOT NULL, "kind" varchar(10) NOT NULL, "help" varchar(255) NOT NULL, "required" bool NOT NULL, "default" text NULL CHECK ((JSON_VALID("default") OR "default" IS NULL)), "options" text NOT NULL CHECK ((JSON_VALID("options") OR "options" IS NULL)), "unit" varchar(20) NOT NULL, "position" integer unsigned NOT NULL CHECK ("position" >= 0), "retired_at" datetime NULL, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "custom_field_key_unique" UNIQUE ("organization_id", "key"), CONSTRAINT "custom_field_label_unique" UNIQUE ("organization_id", "name_key"), CONSTRAINT "custom_field_kind_known" CHECK ("kind" IN ('text', 'long_text', 'number', 'money', 'date', 'choice', 'choices', 'person', 'link', 'flag')));
CREATE INDEX "risks_customfield_organization_id_74055e49" ON "risks_customfield" ("organization_id");
CREATE INDEX "custom_field_order" ON "risks_customfield" ("organization_id", "position", "id");
CREATE TABLE "risks_bulkchange" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "kind" varchar(20) NOT NULL, "value" text NULL CHECK ((JSON_VALID("value") OR "value" IS NULL)), "value_label" text NOT NULL, "comment" text NOT NULL, "query" text NOT NULL, "selection" text NOT NULL CHECK ((JSON_VALID("selection") OR "selection" IS NULL)), "digest" varchar(64) NOT NULL, "summary" text NOT NULL CHECK ((JSON_VALID("summary") OR "summary" IS NULL)), "state" varchar(10) NOT NULL, "total" integer unsigned NOT NULL CHECK ("total" >= 0), "done" integer unsigned NOT NULL CHECK ("done" >= 0), "error" text NOT NULL, "applied_at" datetime NULL, "undone_at" datetime NULL, "actor_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "undone_by_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "subject" varchar(20) NOT NULL, CONSTRAINT "bulk_change_state_known" CHECK ("state" IN ('previewed', 'applying', 'applied', 'undoing', 'undone', 'failed')), CONSTRAINT "bulk_change_kind_known" CHECK ("kind" IN ('owner', 'assignee', 'reviewer', 'category', 'add_tags', 'remove_tags', 'replace_tags', 'treatment', 'review_interval_days', 'next_review_at', 'status', 'custom_field', 'extra_column', 'type', 'criticality', 'merge', 'statement', 'delete', 'accept', 'false_positive', 'reopen', 'make_risk', 'attach_risk')));
CREATE INDEX "risks_bulkchange_actor_id_f3a0f197" ON "risks_bulkchange" ("actor_id");
CREATE INDEX "risks_bulkchange_organization_id_f5a682fa" ON "risks_bulkchange" ("organization_id");
CREATE INDEX "risks_bulkchange_undone_by_id_dda86a01" ON "risks_bulkchange" ("undone_by_id");
CREATE INDEX "bulk_change_order" ON "risks_bulkchange" ("organization_id", "created_at", "id");
CREATE INDEX "bulk_change_of_actor" ON "risks_bulkchange" ("organization_id", "actor_id", "created_at", "id");
CREATE INDEX "bulk_change_state" ON "risks_bulkchange" ("state", "updated_at");
CREATE TABLE "risks_matrix" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "levels" text NOT NULL CHECK ((JSON_VALID("levels") OR "levels" IS NULL)), "likelihood_labels" text NOT NULL CHECK ((JSON_VALID("likelihood_labels") OR "likelihood_labels" IS NULL)), "impact_labels" text NOT NULL CHECK ((JSON_VALID("impact_labels") OR "impact_labels" IS NULL)), "colours" text NOT NULL CHECK ((JSON_VALID("colours") OR "colours" IS NULL)), "organization_id" char(32) NOT NULL UNIQUE REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "impact_descriptions" text NOT NULL CHECK ((JSON_VALID("impact_descriptions") OR "impact_descriptions" IS NULL)), "level_descriptions" text NOT NULL CHECK ((JSON_VALID("level_descriptions") OR "level_descriptions" IS NULL)), "likelihood_descriptions" text NOT NULL CHECK ((JSON_VALID("likelihood_descriptions") OR "likelihood_descriptions" IS NULL)));
CREATE TABLE "risks_category" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "name" varchar(100) NOT NULL, "description" text NOT NULL, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "appetite" smallint unsigned NULL CHECK ("appetite" >= 0), "name_key" text NOT NULL, "owner_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "category_name_unique" UNIQUE ("organization_id", "name_key"), CONSTRAINT "category_appetite_on_scale" CHECK (("appetite" IS NULL OR "appetite" BETWEEN 1 AND 36)));
CREATE INDEX "risks_category_organization_id_b30ab0fb" ON "risks_category" ("organization_id");
CREATE INDEX "risks_category_owner_id_4398b17d" ON "risks_category" ("owner_id");
CREATE TABLE "risks_findingrule" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "name" varchar(150) NOT NULL, "active" bool NOT NULL, "minimum_severity" varchar(8) NOT NULL, "known_exploited" bool NOT NULL, "minimum_epss" decimal NULL, "minimum_criticality" varchar(8) NOT NULL, "likelihood" smallint unsigned NOT NULL CHECK ("likelihood" >= 0), "impact" smallint unsigned NOT NULL CHECK ("impact" >= 0), "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "finding_rule_unique" UNIQUE ("organization_id", "name"), CONSTRAINT "finding_rule_severity_known" CHECK ("minimum_severity" IN ('info', 'low', 'medium', 'high', 'critical')), CONSTRAINT "finding_rule_criticality_known" CHECK ("minimum_criticality" IN ('low', 'medium', 'high', 'critical')), CONSTRAINT "finding_rule_ratings_range" CHECK (("impact" BETWEEN 1 AND 6 AND "likelihood" BETWEEN 1 AND 6)));
CREATE INDEX "risks_findingrule_organization_id_ed43e04d" ON "risks_findingrule" ("organization_id");
CREATE TABLE "risks_likelihoodsuggestion" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "key" varchar(255) NOT NULL, "present" smallint unsigned NOT NULL CHECK ("present" >= 0), "likelihood" smallint unsigned NOT NULL CHECK ("likelihood" >= 0), "reason" text NOT NULL, "status" varchar(9) NOT NULL, "decided_at" datetime NULL, "decided_by_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "risk_id" char(32) NOT NULL REFERENCES "risks_risk" ("id") DEFERRABLE INITIALLY DEFERRED, "run_id" char(32) NULL REFERENCES "risks_importrun" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "suggestion_unique" UNIQUE ("risk_id", "key"), CONSTRAINT "suggestion_status_known" CHECK ("status" IN ('proposed', 'accepted', 'dismissed')), CONSTRAINT "suggestion_ratings_range" CHECK (("likelihood" BETWEEN 1 AND 6 AND "present" BETWEEN 1 AND 6)));
CREATE INDEX "risks_likelihoodsuggestion_decided_by_id_fb8f1056" ON "risks_likelihoodsuggestion" ("decided_by_id");
CREATE INDEX "risks_likelihoodsuggestion_organization_id_c3ad60a6" ON "risks_likelihoodsuggestion" ("organization_id");
CREATE INDEX "risks_likelihoodsuggestion_risk_id_af783884" ON "risks_likelihoodsuggestion" ("risk_id");
CREATE INDEX "risks_likelihoodsuggestion_run_id_0aeff171" ON "risks_likelihoodsuggestion" ("run_id");
CREATE INDEX "suggestion_by_created" ON "risks_likelihoodsuggestion" ("organization_id", "created_at", "id");
CREATE TABLE "risks_risk" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "number" integer unsigned NOT NULL CHECK ("number" >= 0), "reference" varchar(16) NOT NULL, "title" varchar(255) NOT NULL, "description" text NOT NULL, "status" varchar(20) NOT NULL, "owner_name" varchar(150) NOT NULL, "treatment" varchar(10) NOT NULL, "source" varchar(10) NOT NULL, "source_name" varchar(150) NOT NULL, "external_id" varchar(255) NOT NULL, "extra" text NOT NULL CHECK ((JSON_VALID("extra") OR "extra" IS NULL)), "inherent_likelihood" smallint unsigned NULL CHECK ("inherent_likelihood" >= 0), "inherent_impact" smallint unsigned NULL CHECK ("inherent_impact" >= 0), "residual_likelihood" smallint unsigned NULL CHECK ("residual_likelihood" >= 0), "residual_impact" smallint unsigned NULL CHECK ("residual_impact" >= 0), "target_likelihood" smallint unsigned NULL CHECK ("target_likelihood" >= 0), "target_impact" smallint unsigned NULL CHECK ("target_impact" >= 0), "inherent_score" smallint unsigned NULL CHECK ("inherent_score" >= 0), "inherent_level" varchar(8) NULL, "residual_score" smallint unsigned NULL CHECK ("residual_score" >= 0), "residual_level" varchar(8) NULL, "target_score" smallint unsigned NULL CHECK ("target_score" >= 0), "target_level" varchar(8) NULL, "current_likelihood" smallint unsigned NULL CHECK ("current_likelihood" >= 0), "current_impact" smallint unsigned NULL CHECK ("current_impact" >= 0), "current_score" smallint unsigned NULL CHECK ("current_score" >= 0), "current_level" varchar(8) NULL, "priority" decimal NULL, "review_interval_days" integer unsigned NULL CHECK ("review_interval_days" >= 0), "next_review_at" datetime NULL, "last_reviewed_at" datetime NULL, "assignee_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "category_id" char(32) NULL REFERENCES "risks_category" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "owner_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "reviewer_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "derived_ratings" text NOT NULL CHECK ((JSON_VALID("derived_ratings") OR "derived_ratings" IS NULL)), "source_ratings" text NOT NULL CHECK ((JSON_VALID("source_ratings") OR "source_ratings" IS NULL)), "custom_fields" text NOT NULL CHECK ((JSON_VALID("custom_fields") OR "custom_fields" IS NULL)), CONSTRAINT "risk_number_unique" UNIQUE ("organization_id", "number"), CONSTRAINT "risk_title_present" CHECK (NOT ("title" = '')), CONSTRAINT "risk_status_known" CHECK ("status" IN ('draft', 'identified', 'assessed', 'treatment_planned', 'in_treatment', 'mitigated', 'accepted', 'closed', 'reopened')), CONSTRAINT "risk_treatment_known" CHECK ("treatment" IN ('mitigate', 'accept', 'transfer', 'avoid', '')), CONSTRAINT "risk_source_known" CHECK ("source" IN ('manual', 'import', 'connector', 'finding', 'pack', 'sample')), CONSTRAINT "risk_inherent_score_is_product" CHECK ((("inherent_impact" IS NOT NULL AND "inherent_level" IS NOT NULL AND "inherent_likelihood" IS NOT NULL AND "inherent_score" IS NOT NULL AND "inherent_impact" BETWEEN 1 AND 6 AND "inherent_level" IN ('low', 'medium', 'high', 'critical') AND "inherent_likelihood" BETWEEN 1 AND 6 AND "inherent_score" = ("inherent_likelihood" * "inherent_impact")) OR ("inherent_level" IS NULL AND "inherent_score" IS NULL AND ("inherent_likelihood" IS NULL OR "inherent_impact" IS NULL) AND ("inherent_likelihood" IS NULL OR "inherent_likelihood" BETWEEN 1 AND 6) AND ("inherent_impact" IS NULL OR "inherent_impact" BETWEEN 1 AND 6)))), CONSTRAINT "risk_residual_score_is_product" CHECK ((("residual_impact" IS NOT NULL AND "residual_level" IS NOT NULL AND "residual_likelihood" IS NOT NULL AND "residual_score" IS NOT NULL AND "residual_impact" BETWEEN 1 AND 6 AND "residual_level" IN ('low', 'medium', 'high', 'critical') AND "residual_likelihood" BETWEEN 1 AND 6 AND "residual_score" = ("residual_likelihood" * "residual_impact")) OR ("residual_level" IS NULL AND "residual_score" IS NULL AND ("residual_likelihood" IS NULL OR "residual_impact" IS NULL) AND ("residual_likelihood" IS NULL OR "residual_likelihood" BETWEEN 1 AND 6) AND ("residual_impact" IS NULL OR "residual_impact" BETWEEN 1 AND 6)))), CONSTRAINT "risk_target_score_is_product" CHECK ((("target_impact" IS NOT NULL AND "target_level" IS NOT NULL AND "target_likelihood" IS NOT NULL AND "target_score" IS NOT NULL AND "target_impact" BETWEEN 1 AND 6 AND "target_level" IN ('low', 'medium', 'high', 'critical') AND "target_likelihood" BETWEEN 1 AND 6 AND "target_score" = ("target_likelihood" * "target_impact")) OR ("target_level" IS NULL AND "target_score" IS NULL AND ("target_likelihood" IS NULL OR "target_impact" IS NULL) AND ("target_likelihood" IS NULL OR "target_likelihood" BETWEEN 1 AND 6) AND ("target_impact" IS NULL OR "target_impact" BETWEEN 1 AND 6)))));
CREATE UNIQUE INDEX "risk_external_id_unique" ON "risks_risk" ("organization_id", "source", "source_name", "external_id") WHERE NOT ("external_id" = '');
CREATE INDEX "risks_risk_organization_id_89b10b49" ON "risks_risk" ("organization_id");
CREATE INDEX "risk_by_title" ON "risks_risk" ("organization_id", "title", "id");
CREATE INDEX "risk_by_status" ON "risks_risk" ("organization_id", "status", "id");
CREATE INDEX "risk_by_current_score" ON "risks_risk" ("organization_id", (COALESCE("current_score", 0)), "id");
CREATE INDEX "risk_by_inherent_score" ON "risks_risk" ("organization_id", (COALESCE("inherent_score", 0)), "id");
CREATE INDEX "risk_by_residual_score" ON "risks_risk" ("organization_id", (COALESCE("residual_score", 0)), "id");
CREATE INDEX "risk_by_priority" ON "risks_risk" ("organization_id", (CAST(((CAST(COALESCE("priority", 0) AS NUMERIC))) AS NUMERIC)), "id");
CREATE INDEX "risk_by_next_review_at" ON "risks_risk" ("organization_id", (COALESCE("next_review_at", '9999-12-31 00:00:00')), "id");
CREATE INDEX "risk_by_created_at" ON "risks_risk" ("organization_id", "created_at", "id");
CREATE INDEX "risk_by_updated_at" ON "risks_risk" ("organization_id", "updated_at", "id");
CREATE INDEX "risk_inherent" ON "risks_risk" ("organization_id", "inherent_level", "inherent_score", "inherent_likelihood", "inherent_impact");
CREATE INDEX "risk_residual" ON "risks_risk" ("organization_id", "residual_level", "residual_score", "residual_likelihood", "residual_impact");
CREATE INDEX "risk_target" ON "risks_risk" ("organization_id", "target_level", "target_score", "target_likelihood", "target_impact");
CREATE INDEX "risk_reference" ON "risks_risk" ("organization_id", "reference");
CREATE INDEX "risk_external_id" ON "risks_risk" ("organization_id", "external_id");
CREATE INDEX "risk_priority" ON "risks_risk" ("organization_id", "priority");
CREATE INDEX "risk_last_reviewed_at" ON "risks_risk" ("organization_id", "last_reviewed_at");
CREATE INDEX "risk_source" ON "risks_risk" ("organization_id", "source", "source_name");
CREATE INDEX "risk_next_review_at" ON "risks_risk" ("organization_id", "next_review_at", "status");
CREATE INDEX "risk_current" ON "risks_risk" ("organization_id", "current_level", "current_score", "current_likelihood", "current_impact", "status");
CREATE INDEX "risk_category" ON "risks_risk" ("category_id", "organization_id", "status", "current_score");
CREATE INDEX "risk_owner" ON "risks_risk" ("owner_id", "organization_id", "status", "current_score");
CREATE INDEX "risk_assignee" ON "risks_risk" ("assignee_id", "organization_id", "status", "current_score");
CREATE INDEX "risk_reviewer" ON "risks_risk" ("reviewer_id", "organization_id", "status", "current_score");
CREATE INDEX "risk_group_status" ON "risks_risk" ("organization_id", "status", "current_score");
CREATE INDEX "risk_treatment" ON "risks_risk" ("organization_id", "treatment", "status", "current_score");
CREATE INDEX "risk_status_by_priority" ON "risks_risk" ("organization_id", "status", (CAST(((CAST(COALESCE("priority", 0) AS NUMERIC))) AS NUMERIC)), "id");
CREATE TABLE "risks_riskproposal" ("id" char(32) NOT NULL PRIMARY KEY, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "key" varchar(255) NOT NULL, "title" varchar(255) NOT NULL, "reason" text NOT NULL, "likelihood" smallint unsigned NOT NULL CHECK ("likelihood" >= 0), "impact" smallint unsigned NOT NULL CHECK ("impact" >= 0), "status" varchar(10) NOT NULL, "decided_at" datetime NULL, "decided_by_id" char(32) NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "organization_id" char(32) NOT NULL REFERENCES "accounts_organization" ("id") DEFERRABLE INITIALLY DEFERRED, "risk_id" char(32) NULL UNIQUE REFERENCES "risks_risk" ("id") DEFERRABLE INITIALLY DEFERRED, "rule_id" char(32) NULL REFERENCES "risks_findingrule" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "proposal_key_unique" UNIQUE ("organization_id", "key"), CONSTRAINT "proposal_status_known" CHECK ("status" IN ('proposed', 'confirmed', 'dismissed')), CONSTRAINT "proposal_ratings_range" CHECK (("impact" BETWEEN 1 AND 6 AND "likelihood" BETWEEN 1 AND 6)));
CREATE INDEX "risks_riskproposal_decided_by_id_a05b1815" ON "risks_riskproposal" ("decided_by_id");
CREATE INDEX "risks_riskproposal_organization_id_f5141b78" ON "risks_riskproposal" ("organization_id");
CREATE INDEX "risks_riskproposal_rule_id_26d2998b" ON "risks_riskproposal" ("rule_id");
CREATE INDEX "proposal_by_created" ON "risks_riskproposal" ("organization_id", "created_at", "id");
CREATE TABLE "tasks_lease" ("worker_id" varchar(64) NOT NULL PRIMARY KEY, "host" varchar(255) NOT NULL, "pid" integer unsigned NOT NULL CHECK ("pid" >= 0), "started_at" datetime NOT NULL, "expires_at" datetime NOT NULL);
CREATE TABLE "tasks_schedule" ("name" varchar(200) NOT NULL PRIMARY KEY, "cron" varchar(200) NOT NULL, "next_run_at" datetime NOT NULL, "last_enqueued_at" datetime NULL);
CREATE TABLE "tasks_turn" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "queue_name" varchar(32) NOT NULL, "is_long" bool NOT NULL, "taken_at" datetime NULL, CONSTRAINT "turn_unique" UNIQUE ("queue_name", "is_long"));
CREATE TABLE openrisk_history_context (
    actor_id char(32), comment text, request_id text, run_id char(32), at text
);
