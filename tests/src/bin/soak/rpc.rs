//! The RPCs that the callers use. Their requests and what a good answer is are in `client`.

/// What a call takes: reads are answered at once, changes wait for the backend's work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Read,
    Change,
}

/// An RPC that the callers use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rpc {
    ListFlavors,
    ListImages,
    GetInstance,
    GetCloudDisk,
    GetVpcInfo,
    GetSecurityGroup,
    CreateCloudDisk,
    ModifyCloudDiskInfo,
    ReqizeCloudDisk,
    DeleteCloudDisk,
    CreateVpc,
    SetVpcInfo,
    CreateSecurityGroup,
    UpdateSecurityGroup,
    DeleteSecurityGroup,
}

impl Class {
    /// As a place in an array.
    pub(crate) const ALL: [Self; 2] = [Self::Read, Self::Change];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "reads",
            Self::Change => "changes",
        }
    }
}

impl Rpc {
    /// In the order in which they are told.
    pub(crate) const ALL: [Self; 15] = [
        Self::ListFlavors,
        Self::ListImages,
        Self::GetInstance,
        Self::GetCloudDisk,
        Self::GetVpcInfo,
        Self::GetSecurityGroup,
        Self::CreateCloudDisk,
        Self::ModifyCloudDiskInfo,
        Self::ReqizeCloudDisk,
        Self::DeleteCloudDisk,
        Self::CreateVpc,
        Self::SetVpcInfo,
        Self::CreateSecurityGroup,
        Self::UpdateSecurityGroup,
        Self::DeleteSecurityGroup,
    ];

    /// The method's name.
    pub(crate) fn name(self) -> String {
        format!("{self:?}")
    }

    pub(crate) fn class(self) -> Class {
        match self {
            Self::ListFlavors
            | Self::ListImages
            | Self::GetInstance
            | Self::GetCloudDisk
            | Self::GetVpcInfo
            | Self::GetSecurityGroup => Class::Read,
            _ => Class::Change,
        }
    }
}
